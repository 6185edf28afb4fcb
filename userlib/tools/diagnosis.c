// SPDX-License-Identifier: MIT
/* From facts to a cause and to commands. Pure: asks the system nothing. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "diagnosis.h"

const char *cause_name(enum cause_of_failure cause)
{
	static const char *const names[] = {
		[CAUSE_NOT_INSTALLED] = "not_installed",
		[CAUSE_OTHER_KERNEL] = "other_kernel",
		[CAUSE_UNSIGNED] = "unsigned",
		[CAUSE_NOT_LOADED] = "not_loaded",
		[CAUSE_NOT_PASSED_IN] = "not_passed_in",
		[CAUSE_NO_NODE] = "no_node",
		[CAUSE_STALE_NODE] = "stale_node",
		[CAUSE_NOT_A_DEVICE] = "not_a_device",
		[CAUSE_NODEV] = "nodev",
		[CAUSE_ROOT_ONLY] = "root_only",
		[CAUSE_NO_MEMBER] = "no_member",
		[CAUSE_OLD_LOGIN] = "old_login",
		[CAUSE_SECURITY_MODULE] = "security_module",
		[CAUSE_DEVICE_CGROUP] = "device_cgroup",
		[CAUSE_OTHER_DEVICE] = "other_device",
		[CAUSE_OTHER] = "other",
	};

	return names[cause];
}

__attribute__((format(printf, 3, 4)))
static void conclude(struct diagnosis *diagnosis, enum cause_of_failure cause,
		     const char *format, ...)
{
	va_list arguments;

	diagnosis->cause = cause;
	va_start(arguments, format);
	vsnprintf(diagnosis->reason, sizeof(diagnosis->reason), format, arguments);
	va_end(arguments);
}

__attribute__((format(printf, 2, 3)))
static void advise(struct diagnosis *diagnosis, const char *format, ...)
{
	va_list arguments;

	if (diagnosis->remedies_len == MAX_REMEDIES)
		return;
	va_start(arguments, format);
	vsnprintf(diagnosis->remedies[diagnosis->remedies_len++],
		  sizeof(diagnosis->remedies[0]), format, arguments);
	va_end(arguments);
}

/* What a command of root's begins with. */
static const char *sudo(const struct facts *facts)
{
	return facts->caller.is_root ? "" : "sudo ";
}

static bool is_in(const struct facts *facts, const char *container)
{
	return !strcmp(facts->sandbox.container, container);
}

/* Whether the modules of the host, and its commands, are out of reach. */
static bool is_contained(const struct facts *facts)
{
	return facts->sandbox.container[0];
}

static void advise_passing_in(const struct facts *facts, struct diagnosis *diagnosis)
{
	if (facts->sandbox.unit[0] && !is_contained(facts)) {
		advise(diagnosis, "%ssystemctl edit %s   # add: [Service] BindPaths="
		       ICMPECHO_DEVICE " DeviceAllow=\"" ICMPECHO_DEVICE " rw\"", sudo(facts),
		       facts->sandbox.unit);
		advise(diagnosis, "%ssystemctl restart %s", sudo(facts), facts->sandbox.unit);
	} else if (is_in(facts, "docker") || is_in(facts, "podman")) {
		advise(diagnosis, "%s run --device " ICMPECHO_DEVICE " ...",
		       facts->sandbox.container);
	} else if (is_in(facts, "systemd-nspawn")) {
		advise(diagnosis, "systemd-nspawn --bind=%s --property=\"DeviceAllow=%s rw\" ...",
		       ICMPECHO_DEVICE, ICMPECHO_DEVICE);
	} else if (is_in(facts, "lxc") || is_in(facts, "lxc-libvirt")) {
		advise(diagnosis, "# in the container's configuration: lxc.cgroup2.devices.allow = "
		       "c %d:0 rw", facts->module.major);
		advise(diagnosis, "# and: lxc.mount.entry = %s dev/icmpecho none bind,create=file",
		       ICMPECHO_DEVICE);
	} else {
		advise(diagnosis, "# have whatever made this sandbox pass " ICMPECHO_DEVICE
		       " in; bubblewrap: --dev-bind " ICMPECHO_DEVICE " " ICMPECHO_DEVICE);
	}
}

static void blame_missing_module(const struct facts *facts, struct diagnosis *diagnosis)
{
	const struct module_facts *module = &facts->module;

	if (module->other_release[0])
		conclude(diagnosis, CAUSE_OTHER_KERNEL,
			 "the module is built for kernel %s, and not for %s, which runs",
			 module->other_release, module->release);
	else
		conclude(diagnosis, CAUSE_NOT_INSTALLED,
			 "the module is not installed for kernel %s, which runs", module->release);
	if (module->has_dkms_source) {
		if (facts->has_apt)
			advise(diagnosis, "%sapt install linux-headers-%s", sudo(facts),
			       module->release);
		else
			advise(diagnosis, "# install the headers of kernel %s", module->release);
		advise(diagnosis, "%sdkms install icmpecho/%s -k %s", sudo(facts),
		       ICMPECHO_VERSION, module->release);
	} else if (facts->has_apt) {
		advise(diagnosis, "%sapt install icmpecho-dkms linux-headers-%s", sudo(facts),
		       module->release);
	} else {
		advise(diagnosis, "%smake modules modules_install   # in the sources of icmpecho",
		       sudo(facts));
	}
	advise(diagnosis, "%smodprobe icmpecho", sudo(facts));
}

/* A machine that asks for signatures may have the key of a module that is signed, or not. */
static void blame_unloaded_module(const struct facts *facts, struct diagnosis *diagnosis)
{
	const struct module_facts *module = &facts->module;

	if (!module->enforcement[0]) {
		conclude(diagnosis, CAUSE_NOT_LOADED, "the module is not loaded");
		advise(diagnosis, "%smodprobe icmpecho", sudo(facts));
		return;
	}
	if (module->signature == SIGNATURE_NONE) {
		conclude(diagnosis, CAUSE_UNSIGNED,
			 "the module is not signed, and %s refuses such modules",
			 module->enforcement);
		advise(diagnosis, "%s/lib/modules/%s/build/scripts/sign-file sha256 MOK.priv "
		       "MOK.der /lib/modules/%s/%.100s", sudo(facts), module->release,
		       module->release, module->file);
		advise(diagnosis, "%smokutil --import MOK.der && %sreboot   # once for each key",
		       sudo(facts), sudo(facts));
		advise(diagnosis, "%smodprobe icmpecho", sudo(facts));
		return;
	}
	conclude(diagnosis, CAUSE_NOT_LOADED,
		 "the module is not loaded, and %s loads only what a trusted key has signed",
		 module->enforcement);
	advise(diagnosis, "%smodprobe icmpecho", sudo(facts));
	advise(diagnosis, "# if that says \"Key was rejected by service\":");
	advise(diagnosis, "%smokutil --import /var/lib/dkms/mok.pub && %sreboot", sudo(facts),
	       sudo(facts));
}

static void blame_module(const struct facts *facts, struct diagnosis *diagnosis)
{
	if (is_contained(facts) && !facts->module.file[0]) {
		conclude(diagnosis, CAUSE_NOT_LOADED, "the module is not loaded on the host of "
			 "this container (%s)", facts->sandbox.container);
		advise(diagnosis, "# on the host: modprobe icmpecho");
		advise_passing_in(facts, diagnosis);
		return;
	}
	if (facts->module.file[0])
		blame_unloaded_module(facts, diagnosis);
	else
		blame_missing_module(facts, diagnosis);
}

static void blame_absence(const struct facts *facts, struct diagnosis *diagnosis)
{
	const struct sandbox_facts *sandbox = &facts->sandbox;

	if (!facts->module.is_loaded) {
		blame_module(facts, diagnosis);
		return;
	}
	if (is_contained(facts) || sandbox->has_own_dev) {
		conclude(diagnosis, CAUSE_NOT_PASSED_IN,
			 "the module is loaded, but " ICMPECHO_DEVICE " is not passed into this %s",
			 is_contained(facts) ? "container" : sandbox->unit[0] ?
			 "service, which has a /dev of its own (PrivateDevices=)" :
			 "sandbox, which has a /dev of its own");
		advise_passing_in(facts, diagnosis);
		return;
	}
	conclude(diagnosis, CAUSE_NO_NODE,
		 "the module is loaded, but " ICMPECHO_DEVICE " was removed");
	advise(diagnosis, "%smknod -m 660 " ICMPECHO_DEVICE " c %d 0", sudo(facts),
	       facts->module.major);
	advise(diagnosis, "%schgrp icmpecho " ICMPECHO_DEVICE, sudo(facts));
}

/* The node is there, and no driver behind its number. */
static void blame_number(const struct facts *facts, struct diagnosis *diagnosis)
{
	const struct node_facts *node = &facts->node;

	if (!facts->module.is_loaded) {
		blame_module(facts, diagnosis);
		return;
	}
	conclude(diagnosis, CAUSE_STALE_NODE,
		 ICMPECHO_DEVICE " has the device number %u:%u, and the module has %d:0 since it "
		 "was loaded again", node->major, node->minor, facts->module.major);
	if (is_contained(facts) || facts->sandbox.has_own_dev) {
		advise(diagnosis, "# start this container or service anew:");
		advise_passing_in(facts, diagnosis);
		return;
	}
	advise(diagnosis, "%srm " ICMPECHO_DEVICE, sudo(facts));
	advise(diagnosis, "%smknod -m 660 " ICMPECHO_DEVICE " c %d 0", sudo(facts),
	       facts->module.major);
	advise(diagnosis, "%schgrp icmpecho " ICMPECHO_DEVICE, sudo(facts));
}

static void blame_file_type(const struct facts *facts, struct diagnosis *diagnosis)
{
	conclude(diagnosis, CAUSE_NOT_A_DEVICE, ICMPECHO_DEVICE " is no device: something has "
		 "made a file or a directory of that name, as containers do when they pass in "
		 "what does not exist");
	if (is_contained(facts)) {
		advise(diagnosis, "# on the host: modprobe icmpecho");
		advise_passing_in(facts, diagnosis);
		return;
	}
	advise(diagnosis, "%srm -r " ICMPECHO_DEVICE, sudo(facts));
	advise(diagnosis, "%srmmod icmpecho; %smodprobe icmpecho", sudo(facts), sudo(facts));
}

/* What the mode says to this process. */
static bool mode_allows(const struct facts *facts)
{
	const struct node_facts *node = &facts->node;
	mode_t bits = node->mode;

	if (facts->caller.is_root)
		return true;
	if (facts->caller.uid == node->uid)
		bits >>= 6;
	else if (facts->caller.has_group)
		bits >>= 3;
	return (bits & 06) == 06;
}

static void blame_mode(const struct facts *facts, struct diagnosis *diagnosis)
{
	const struct caller_facts *caller = &facts->caller;
	const struct node_facts *node = &facts->node;

	if ((node->mode & 060) != 060 || node->gid == 0) {
		conclude(diagnosis, CAUSE_ROOT_ONLY, "only %s may open " ICMPECHO_DEVICE
			 " (mode %04o, group %s): the udev rule of icmpecho is not installed, or "
			 "was not applied", node->owner, node->mode, node->group);
		advise(diagnosis, facts->has_apt ? "%sapt install icmpecho" :
		       "%sgroupadd --system icmpecho", sudo(facts));
		if (!facts->has_apt)
			advise(diagnosis, "%schgrp icmpecho " ICMPECHO_DEVICE " && %schmod 660 "
			       ICMPECHO_DEVICE, sudo(facts), sudo(facts));
		advise(diagnosis, "%susermod -aG icmpecho %s   # then log in again", sudo(facts),
		       caller->name);
		return;
	}
	if (caller->is_member) {
		conclude(diagnosis, CAUSE_OLD_LOGIN, "%s is in group %s, but was not yet when this "
			 "session began", caller->name, node->group);
		advise(diagnosis, "newgrp %s   # or log in again", node->group);
		return;
	}
	conclude(diagnosis, CAUSE_NO_MEMBER, "%s is not in group %s, which may use "
		 ICMPECHO_DEVICE, caller->name, node->group);
	advise(diagnosis, "%susermod -aG %s %s", sudo(facts), node->group, caller->name);
	advise(diagnosis, "# then log in again, or: newgrp %s", node->group);
}

static void blame_permission(const struct facts *facts, struct diagnosis *diagnosis)
{
	const char *label = facts->sandbox.label;

	if (facts->node.is_nodev) {
		conclude(diagnosis, CAUSE_NODEV, "the file system with " ICMPECHO_DEVICE
			 " is mounted with nodev, so that no device in it can be opened");
		advise_passing_in(facts, diagnosis);
		return;
	}
	if (!mode_allows(facts)) {
		blame_mode(facts, diagnosis);
		return;
	}
	conclude(diagnosis, CAUSE_SECURITY_MODULE, "the mode of " ICMPECHO_DEVICE " allows it, but "
		 "a security module does not%s%s", label[0] ? ": this process runs as " : "",
		 label);
	advise(diagnosis, "# AppArmor: add \"" ICMPECHO_DEVICE " rw,\" to the profile; SELinux: "
	       "see %sausearch -m avc -c icmpecho", sudo(facts));
}

static void blame_cgroup(const struct facts *facts, struct diagnosis *diagnosis)
{
	conclude(diagnosis, CAUSE_DEVICE_CGROUP, "%s%s%s does not allow " ICMPECHO_DEVICE "%s",
		 "the device cgroup of this ",
		 is_contained(facts) ? "container" : facts->sandbox.unit[0] ? "service " :
		 "process", is_contained(facts) ? "" : facts->sandbox.unit,
		 facts->sandbox.has_seccomp ? ", or its system call filter forbids it" : "");
	advise_passing_in(facts, diagnosis);
}

void diagnose(const struct facts *facts, struct diagnosis *diagnosis)
{
	memset(diagnosis, 0, sizeof(*diagnosis));
	if (!facts->open_error && !facts->info_error)
		return;
	if (!facts->open_error) {
		conclude(diagnosis, CAUSE_OTHER_DEVICE, "what is behind " ICMPECHO_DEVICE
			 " is not the module icmpecho: %s", icmpecho_strerror(facts->info_error));
		advise(diagnosis, "%smodprobe icmpecho", sudo(facts));
		return;
	}
	if (facts->node.exists && !facts->node.is_device) {
		blame_file_type(facts, diagnosis);
		return;
	}
	switch (facts->open_error) {
	case ENOENT:
		blame_absence(facts, diagnosis);
		return;
	case ENXIO:
	case ENODEV:
		blame_number(facts, diagnosis);
		return;
	case EACCES:
		blame_permission(facts, diagnosis);
		return;
	case EPERM:
		blame_cgroup(facts, diagnosis);
		return;
	}
	conclude(diagnosis, CAUSE_OTHER, "%s", icmpecho_strerror_open(facts->open_error));
}
