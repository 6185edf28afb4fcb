/* SPDX-License-Identifier: MIT */
/*
 * What this system says about the device, the module and the process that asks: files below
 * /dev, /proc, /sys, /run and /lib/modules, which a test may keep below another root.
 */
#ifndef TOOLS_FACTS_H
#define TOOLS_FACTS_H

#include <icmpecho.h>
#include <stdbool.h>
#include <sys/types.h>

enum signature {
	SIGNATURE_UNKNOWN,		/* the module is compressed */
	SIGNATURE_NONE,
	SIGNATURE_THERE,		/* by whatever key */
};

struct node_facts {
	bool exists;
	bool is_device;			/* and no file or directory in its place */
	bool is_nodev;			/* its file system is mounted with nodev */
	unsigned int major, minor;
	mode_t mode;
	uid_t uid;
	gid_t gid;
	char owner[64], group[64];	/* names, or numbers */
};

struct module_facts {
	bool is_loaded;
	int major;			/* of /proc/devices, or -1 */
	char version[32];		/* of the loaded module, or "" */
	uint64_t references;		/* open files, and what else holds it */
	char release[128];		/* of the running kernel */
	char file[512];			/* built for this kernel, or "" */
	enum signature signature;	/* of that file */
	char other_release[128];	/* of another kernel that it is built for, or "" */
	bool has_dkms_source;
	char enforcement[64];		/* what refuses unsigned modules, or "" */
};

struct sandbox_facts {
	char container[64];		/* "docker", "podman", "systemd-nspawn", ... or "" */
	char unit[256];			/* the systemd service, or "" */
	bool has_own_dev;		/* /dev is not the host's */
	bool has_seccomp;
	char label[256];		/* of AppArmor or SELinux, or "" */
};

struct caller_facts {
	char name[64];			/* the user's, or the number */
	uid_t uid;
	bool is_root;
	bool has_group;			/* this process is in the node's group */
	bool is_member;			/* the user is, by the group database */
};

struct facts {
	int open_error;			/* errno of opening the device, or 0 */
	int info_error;			/* errno of asking it, or 0 */
	struct icmpecho_info info;
	struct node_facts node;
	struct module_facts module;
	struct sandbox_facts sandbox;
	struct caller_facts caller;
	bool has_apt;
};

/*
 * Fills in all but open_error, info_error and info. @root stands before each path: "" but in
 * tests.
 */
void facts_gather(struct facts *facts, const char *root);

/* Joins @root and the rest, as printf() makes it, in @path. Returns @path. */
#define FACTS_PATH_LEN	1024
__attribute__((format(printf, 3, 4)))
char *facts_path(char *path, const char *root, const char *format, ...);

/* Names of users and groups, or their numbers. In @text, of @size bytes. */
void facts_user_name(uid_t uid, char *text, size_t size);
void facts_group_name(gid_t gid, char *text, size_t size);

#endif /* TOOLS_FACTS_H */
