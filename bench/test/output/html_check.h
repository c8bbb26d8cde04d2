/* SPDX-License-Identifier: MIT */
#ifndef BENCH_TEST_OUTPUT_HTML_CHECK_H
#define BENCH_TEST_OUTPUT_HTML_CHECK_H

/*
 * Are all elements closed in the order of their opening, all attributes quoted,
 * all ids different, all references to ids of this page, nothing loaded from
 * elsewhere, no script? NULL: yes; else what is wrong (static).
 */
const char *html_check(const char *page);

#endif
