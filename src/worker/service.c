/* SPDX-License-Identifier: BSD-2-Clause */
/* Finds services. */
#include "worker/service.h"

const struct service *service_of(const struct profile *profile)
{
	switch (profile->service) {
	case PROFILE_DISCARD:
		return &service_discard;
	case PROFILE_FRAME:
		return &service_frame;
	default:
		return &service_echo;
	}
}
