/* SPDX-License-Identifier: MIT */
/* Why the device cannot be used, and what mends it. */
#ifndef TOOLS_DIAGNOSIS_H
#define TOOLS_DIAGNOSIS_H

#include "facts.h"

enum cause_of_failure {
	CAUSE_NONE,			/* it can be used */
	CAUSE_NOT_INSTALLED,		/* the module is not there for any kernel */
	CAUSE_OTHER_KERNEL,		/* it is there for another kernel only */
	CAUSE_UNSIGNED,			/* this machine refuses it */
	CAUSE_NOT_LOADED,
	CAUSE_NOT_PASSED_IN,		/* loaded, but not in this container or sandbox */
	CAUSE_NO_NODE,			/* loaded, but the node was removed */
	CAUSE_STALE_NODE,		/* the node belongs to an earlier load of the module */
	CAUSE_NOT_A_DEVICE,
	CAUSE_NODEV,
	CAUSE_ROOT_ONLY,		/* no group may use the node */
	CAUSE_NO_MEMBER,		/* the user is not in the node's group */
	CAUSE_OLD_LOGIN,		/* this process began before the user was */
	CAUSE_SECURITY_MODULE,
	CAUSE_DEVICE_CGROUP,
	CAUSE_OTHER_DEVICE,		/* what is open does not answer as the module does */
	CAUSE_OTHER,
};

#define MAX_REMEDIES	4

struct diagnosis {
	enum cause_of_failure cause;
	char reason[640];		/* in words, without a full stop */
	/* What to run, in this order. "# ..." is a remark, and says where, if not here. */
	char remedies[MAX_REMEDIES][384];
	unsigned int remedies_len;
};

void diagnose(const struct facts *facts, struct diagnosis *diagnosis);

/* The cause as JSON and CSV name it: "not_loaded"; NULL for none. */
const char *cause_name(enum cause_of_failure cause);

#endif /* TOOLS_DIAGNOSIS_H */
