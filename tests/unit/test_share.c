/* SPDX-License-Identifier: BSD-2-Clause */
#include "link/share.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Where it is seen that memory is shared: from another process. */
static void a_child_writes_what_its_parent_reads(void **state)
{
	struct share *share = share_new();
	int status;
	pid_t pid;

	(void)state;
	assert_non_null(share);
	share_reset(share, 0);
	share_reset(share, SHARE_CELLS - 1);
	assert_int_equal(share_active(share), 0);
	pid = fork();
	if (pid == 0) {
		atomic_store(&share->cells[0].active, 3);
		atomic_store(&share->cells[SHARE_CELLS - 1].active, UINT32_MAX);
		_exit(0);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(share_active(share), UINT32_MAX + UINT64_C(3));
	share_reset(share, SHARE_CELLS - 1);
	assert_int_equal(share_active(share), 3);
	share_free(share);
}

static void cells_have_cache_lines_of_their_own(void **state)
{
	(void)state;
	assert_int_equal(sizeof(struct share_cell) % 64, 0);
	assert_int_equal(offsetof(struct share, cells) % 64, 0);
}

int main(void)
{
	const struct CMUnitTest group[] = {
		cmocka_unit_test(a_child_writes_what_its_parent_reads),
		cmocka_unit_test(cells_have_cache_lines_of_their_own),
	};

	return cmocka_run_group_tests_name("share", group, NULL, NULL) == 0 ? 0 : 1;
}
