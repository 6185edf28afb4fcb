// SPDX-License-Identifier: MIT
/* The MTUs of common links and tunnels. */
#include "plateau.h"

const uint32_t plateaus[] = {
	65575,	/* IPv6 over a loopback device that is wide enough */
	65536,	/* Linux' loopback device */
	65535,	/* the longest IPv4 packet */
	9216, 9000, 8950,	/* jumbo frames, and tunnels over them */
	4352,	/* FDDI */
	1500,	/* Ethernet */
	1492,	/* PPPoE */
	1480,	/* IP in IP, 6in4 */
	1476,	/* GRE */
	1460,
	1450,	/* VXLAN over IPv4 */
	1440,
	1430,	/* VXLAN over IPv6 */
	1420,	/* WireGuard */
	1400,
	1380,
	1350,
	1300,
	1280,	/* the shortest of IPv6 */
	1006, 576, 296,
	68,	/* the shortest of IPv4 */
};

const size_t plateaus_len = sizeof(plateaus) / sizeof(*plateaus);

uint32_t plateau_below(uint32_t mtu)
{
	size_t i;

	for (i = 0; i < plateaus_len; i++) {
		if (plateaus[i] < mtu)
			return plateaus[i];
	}
	return 0;
}
