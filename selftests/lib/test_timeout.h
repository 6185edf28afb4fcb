/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How long a test may take. The harness, which is included before this, ends it after 30 s.
 * That is for hardware: a debug kernel under emulation, with others beside it, needs more.
 */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT	120
