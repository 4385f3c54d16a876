/* SPDX-License-Identifier: BSD-2-Clause */
/* Which datagram is which. */
#include "bench/window.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#define ROOM 4u

static struct packet places[ROOM];
static uint64_t seen[256 / 64];
static struct window window;

static int set_up(void **state)
{
	(void)state;
	memset(seen, 0xff, sizeof seen);
	assert_int_equal(window_memory(ROOM), 256);
	window_init(&window, places, ROOM, seen);
	return 0;
}

/* Takes up and sends one. */
static struct packet *fly(uint32_t size)
{
	struct packet *packet = window_take(&window);

	packet->size = size;
	window_sent(&window);
	return packet;
}

static enum window_answer find(const struct datagram_head *head, struct packet **packet)
{
	return window_find(&window, head, 64, packet);
}

static void an_answer_finds_its_datagram(void **state)
{
	struct packet *one = fly(64), *two = fly(64), *found;
	struct datagram_head head_one = window_head(&window, one);
	struct datagram_head head_two = window_head(&window, two);

	(void)state;
	assert_int_equal(find(&head_two, &found), WINDOW_FLYING);
	assert_ptr_equal(found, two);
	assert_int_equal(find(&head_one, &found), WINDOW_FLYING);
	assert_ptr_equal(found, one);
}

static void answers_in_order_are_not_reordered(void **state)
{
	(void)state;
	for (int i = 0; i < 1000; i++)
		assert_false(window_land(&window, fly(64)));
}

static void an_answer_after_a_later_one_is_reordered(void **state)
{
	struct packet *one = fly(64), *two = fly(64), *three = fly(64);

	(void)state;
	assert_false(window_land(&window, two));
	assert_true(window_land(&window, one));
	assert_false(window_land(&window, three));
}

static void a_second_answer_is_a_duplicate(void **state)
{
	struct packet *packet = fly(64), *found;
	struct datagram_head head = window_head(&window, packet);

	(void)state;
	window_land(&window, packet);
	assert_int_equal(find(&head, &found), WINDOW_DUPLICATED);
	/* Its place belongs to another one now. */
	assert_ptr_equal(fly(64), packet);
	assert_int_equal(find(&head, &found), WINDOW_DUPLICATED);
}

static void what_was_given_up_is_too_late_once(void **state)
{
	struct packet *packet = fly(64), *found;
	struct datagram_head head = window_head(&window, packet);

	(void)state;
	window_lose(&window, packet);
	assert_int_equal(find(&head, &found), WINDOW_TOO_LATE);
	assert_int_equal(find(&head, &found), WINDOW_DUPLICATED);
}

static void what_was_never_sent_is_told(void **state)
{
	struct datagram_head head = { .number = 0, .place = 0 };
	struct packet *found;

	(void)state;
	assert_int_equal(find(&head, &found), WINDOW_NEVER);
	fly(64);
	head.number = 1;
	assert_int_equal(find(&head, &found), WINDOW_NEVER);
	head.number = UINT32_MAX;
	assert_int_equal(find(&head, &found), WINDOW_NEVER);
	head.place = 60000; /* outside */
	assert_int_equal(find(&head, &found), WINDOW_NEVER);
}

/* One that flies on while 1000 others come and go; number 768, which is lost, has its mark by now.
 */
static void memory_ends_somewhere(void **state)
{
	struct packet *slow = fly(64), *found;
	struct datagram_head first = { 0 }, last = { 0 }, head = window_head(&window, slow);

	(void)state;
	for (int i = 0; i < 1000; i++) {
		struct packet *packet = fly(64);

		last = window_head(&window, packet);
		if (i == 0)
			first = last;
		if (packet->number == 768)
			window_lose(&window, packet);
		else
			window_land(&window, packet);
	}
	assert_int_equal(find(&last, &found), WINDOW_DUPLICATED);
	assert_int_equal(find(&first, &found), WINDOW_TOO_LATE); /* forgotten */
	assert_int_equal(find(&head, &found), WINDOW_FLYING);
	assert_true(window_land(&window, slow));
	head = (struct datagram_head){ .number = 768 };
	assert_int_equal(find(&head, &found), WINDOW_TOO_LATE);
}

static void numbers_may_wrap_around(void **state)
{
	struct packet *found;
	struct datagram_head heads[2];

	(void)state;
	window.next = (UINT64_C(1) << 32) - 1;
	window.highest = window.next;
	for (int i = 0; i < 2; i++) {
		struct packet *packet = fly(64);

		heads[i] = window_head(&window, packet);
		assert_false(window_land(&window, packet));
	}
	assert_int_equal(heads[1].number, 0);
	assert_int_equal(find(&heads[0], &found), WINDOW_DUPLICATED);
	assert_int_equal(find(&heads[1], &found), WINDOW_DUPLICATED);
}

static void short_ones_go_by_order_and_size(void **state)
{
	struct packet *one = fly(0), *two = fly(3), *three = fly(0), *found;

	(void)state;
	assert_int_equal(window_find(&window, NULL, 3, &found), WINDOW_FLYING);
	assert_ptr_equal(found, two);
	assert_int_equal(window_find(&window, NULL, 0, &found), WINDOW_FLYING);
	assert_ptr_equal(found, one);
	window_lose(&window, one);
	assert_int_equal(window_find(&window, NULL, 0, &found), WINDOW_FLYING);
	assert_ptr_equal(found, three);
	window_land(&window, three);
	assert_int_equal(window_find(&window, NULL, 0, &found), WINDOW_TOO_LATE);
	assert_int_equal(window_find(&window, NULL, 0, &found), WINDOW_DUPLICATED);
}

static void a_reset_forgets_all(void **state)
{
	struct packet *packet = fly(64), *found;
	struct datagram_head head = window_head(&window, packet);

	(void)state;
	window_take(&window);
	window_reset(&window);
	assert_int_equal(find(&head, &found), WINDOW_NEVER);
	for (unsigned i = 0; i < ROOM; i++)
		assert_int_equal(fly(64)->number, i);
	assert_true(TAILQ_EMPTY(&window.idle));
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_answer_finds_its_datagram),
		TEST(answers_in_order_are_not_reordered),
		TEST(an_answer_after_a_later_one_is_reordered),
		TEST(a_second_answer_is_a_duplicate),
		TEST(what_was_given_up_is_too_late_once),
		TEST(what_was_never_sent_is_told),
		TEST(memory_ends_somewhere),
		TEST(numbers_may_wrap_around),
		TEST(short_ones_go_by_order_and_size),
		TEST(a_reset_forgets_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL) == 0 ? 0 : 1;
}
