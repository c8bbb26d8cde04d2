/* SPDX-License-Identifier: MIT */
#ifndef RIOTLB_CLI_COMMANDS_H
#define RIOTLB_CLI_COMMANDS_H

#include "say.h"

/* argv[0] is the command. */
enum status command_replay(int argc, char **argv);
enum status command_dump(int argc, char **argv);
enum status command_convert(int argc, char **argv);
#ifdef RIOTLB_CLI_VDPA
enum status command_cache(int argc, char **argv);
#endif

#endif
