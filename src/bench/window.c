/* SPDX-License-Identifier: BSD-2-Clause */
/* Three lists and a ring of bits; nothing is allocated and nothing can fail. */
#include "bench/window.h"

#include <string.h>

#define WORD       64u
#define MEMORY_MIN 256u

uint64_t window_memory(uint64_t room)
{
	uint64_t memory = MEMORY_MIN;

	while (memory < 4 * room)
		memory *= 2;
	return memory;
}

void window_init(struct window *window, struct packet *places, uint64_t room, uint64_t *seen)
{
	*window = (struct window){
		.places = places, .seen = seen, .room = room, .memory = window_memory(room)
	};
	window_reset(window);
}

void window_reset(struct window *window)
{
	TAILQ_INIT(&window->idle);
	TAILQ_INIT(&window->ready);
	TAILQ_INIT(&window->flying);
	for (uint64_t i = 0; i < window->room; i++) {
		window->places[i].flying = false;
		TAILQ_INSERT_TAIL(&window->idle, &window->places[i], link);
	}
	memset(window->seen, 0, window->memory / WORD * sizeof *window->seen);
	window->next = window->highest = window->short_lost = 0;
}

static uint64_t *word_of(const struct window *window, uint64_t number)
{
	return &window->seen[number % window->memory / WORD];
}

static uint64_t bit_of(uint64_t number)
{
	return UINT64_C(1) << number % WORD;
}

struct packet *window_take(struct window *window)
{
	struct packet *packet = TAILQ_FIRST(&window->idle);

	TAILQ_REMOVE(&window->idle, packet, link);
	TAILQ_INSERT_TAIL(&window->ready, packet, link);
	packet->number = window->next++;
	*word_of(window, packet->number) &= ~bit_of(packet->number);
	return packet;
}

void window_sent(struct window *window)
{
	struct packet *packet = TAILQ_FIRST(&window->ready);

	TAILQ_REMOVE(&window->ready, packet, link);
	TAILQ_INSERT_TAIL(&window->flying, packet, link);
	packet->flying = true;
}

struct datagram_head window_head(const struct window *window, const struct packet *packet)
{
	return (struct datagram_head){ .number = (uint32_t)packet->number,
				       .place = (uint16_t)(packet - window->places) };
}

/* Without a head: by order. */
static enum window_answer find_short(struct window *window, size_t size, struct packet **found)
{
	struct packet *packet;

	TAILQ_FOREACH(packet, &window->flying, link)
	{
		if (packet->size == size) {
			*found = packet;
			return WINDOW_FLYING;
		}
	}
	if (window->short_lost == 0)
		return window->next == 0 ? WINDOW_NEVER : WINDOW_DUPLICATED;
	window->short_lost--;
	return WINDOW_TOO_LATE;
}

enum window_answer window_find(struct window *window, const struct datagram_head *head, size_t size,
			       struct packet **packet)
{
	struct packet *place;
	uint64_t number, age;

	if (head == NULL)
		return find_short(window, size, packet);
	place = &window->places[head->place < window->room ? head->place : 0];
	if (place->flying && (uint32_t)place->number == head->number &&
	    place == window->places + head->place) {
		*packet = place;
		return WINDOW_FLYING;
	}
	age = (uint32_t)((uint32_t)window->next - head->number);
	if (age == 0 || age > window->next)
		return WINDOW_NEVER;
	if (age > window->memory)
		return WINDOW_TOO_LATE;
	number = window->next - age;
	if ((*word_of(window, number) & bit_of(number)) != 0)
		return WINDOW_DUPLICATED;
	*word_of(window, number) |= bit_of(number);
	return WINDOW_TOO_LATE;
}

static void set_free(struct window *window, struct packet *packet)
{
	packet->flying = false;
	TAILQ_REMOVE(&window->flying, packet, link);
	/* The one that was used last is still in the cache. */
	TAILQ_INSERT_HEAD(&window->idle, packet, link);
}

bool window_land(struct window *window, struct packet *packet)
{
	bool reordered = packet->number + 1 < window->highest;

	/* One that was overtaken by more than the memory holds has no bit of its own any more. */
	if (window->next - packet->number <= window->memory)
		*word_of(window, packet->number) |= bit_of(packet->number);
	if (!reordered)
		window->highest = packet->number + 1;
	set_free(window, packet);
	return reordered;
}

void window_lose(struct window *window, struct packet *packet)
{
	if (packet->size < DATAGRAM_HEAD)
		window->short_lost++;
	set_free(window, packet);
}
