/* SPDX-License-Identifier: MIT */
/*
 * A harness is one function with libFuzzer's name. It is linked with libFuzzer,
 * with AFL++'s driver, or with replay.c, whose main runs files through it.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

/*
 * What was going on, for when a check fails; then the program is aborted, which
 * all fuzzers know for a finding.
 */
void fuzz_set_tell(void (*tell)(FILE *out));

/* A file that holds the input, to be read by name; rewound at each call. */
const char *fuzz_file(const uint8_t *data, size_t size);

/* From `size` bytes of text to lines or words: copies, each ended by a NUL. */
char *fuzz_text(const uint8_t *data, size_t size);

#endif
