/* SPDX-License-Identifier: MIT */
/* What riotlb-gate can do; argv[0] is the name of the command. */
#ifndef RIOTLB_GATE_COMMANDS_H
#define RIOTLB_GATE_COMMANDS_H

#include "say.h"

enum status command_compare(int argc, char **argv);
enum status command_explain(int argc, char **argv);
enum status command_self_test(int argc, char **argv);
enum status command_rates(int argc, char **argv);
enum status command_budget(int argc, char **argv);

#endif
