// SPDX-License-Identifier: MIT
/*
 * icmpecho status: each cause and what mends it, on systems that are directories; who has the
 * device open; the three formats.
 */
#include <errno.h>
#include <sys/stat.h>

#include "../tools/diagnosis.h"
#include "../tools/sessions.h"
#include "tool.h"

#define KERNEL	"6.1.0-9-amd64"
#define MODULES	"/lib/modules/" KERNEL
#define DEP	MODULES "/modules.dep"
#define MARK	"~Module signature appended~\n"

static char root[64];

/* A system with nothing but a kernel. */
static void new_root(void)
{
	snprintf(root, sizeof(root), "/tmp/icmpecho-status.XXXXXX");
	if (!mkdtemp(root))
		abort();
}

static void remove_root(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -r %s", root);
	if (system(command))
		puts("# a directory is left in /tmp");
}

static void make_parents(char *path)
{
	char *slash;

	for (slash = path + strlen(root) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(path, 0755);
		*slash = '/';
	}
}

static void put(const char *name, const char *content)
{
	char path[FACTS_PATH_LEN];
	FILE *file;

	make_parents(facts_path(path, root, "%s", name));
	file = fopen(path, "w");
	if (!file)
		abort();
	fputs(content, file);
	fclose(file);
}

static void put_link(const char *name, const char *target)
{
	char path[FACTS_PATH_LEN];

	make_parents(facts_path(path, root, "%s", name));
	if (symlink(target, path))
		abort();
}

struct file {
	const char *name, *content;
};

#define FILES	8

/* What a process sees, beside files of its system. */
struct sight {
	const char *name;
	int open_error;
	struct file files[FILES];
	mode_t mode;			/* of the node; 0: there is none */
	bool is_nodev, has_group, is_member, is_root_group, is_root;
	enum cause_of_failure cause;
	const char *reason;		/* words that the reason has */
	const char *remedies[MAX_REMEDIES];	/* and each remedy */
};

static void see(const struct sight *sight, struct diagnosis *diagnosis)
{
	struct facts facts = { .open_error = sight->open_error };
	size_t i;

	new_root();
	put("/proc/sys/kernel/osrelease", KERNEL "\n");
	for (i = 0; i < FILES && sight->files[i].name; i++)
		put(sight->files[i].name, sight->files[i].content);
	if (sight->mode)
		put("/dev/icmpecho", "");
	facts_gather(&facts, root);
	facts.node.is_device = sight->mode != 0;
	facts.node.mode = sight->mode;
	facts.node.is_nodev = sight->is_nodev;
	facts.node.uid = 0;
	facts.node.gid = sight->is_root_group ? 0 : 990;
	facts.node.major = 240;
	facts.node.minor = 0;
	strcpy(facts.node.owner, "root");
	strcpy(facts.node.group, sight->is_root_group ? "root" : "icmpecho");
	facts.caller = (struct caller_facts){ .name = "ada", .uid = 1000 };
	facts.caller.is_root = sight->is_root;
	facts.caller.has_group = sight->has_group;
	facts.caller.is_member = sight->is_member;
	diagnose(&facts, diagnosis);
	remove_root();
}

static void check(const struct sight *sight)
{
	struct diagnosis diagnosis;
	unsigned int i;

	tap_failed = false;
	see(sight, &diagnosis);
	CHECK_EQ(diagnosis.cause, sight->cause);
	CHECK_HAS(diagnosis.reason, sight->reason);
	for (i = 0; i < MAX_REMEDIES && sight->remedies[i]; i++)
		CHECK_TEXT(diagnosis.remedies[i], sight->remedies[i]);
	CHECK_EQ(diagnosis.remedies_len, i);
	report(!tap_failed, sight->name);
}

#define LOADED		{ "/proc/devices", "Character devices:\n  1 mem\n243 icmpecho\n" }
#define BUILT		{ DEP, "kernel/net/psample.ko:\nupdates/dkms/icmpecho.ko: a.ko\n" }
#define BUILT_XZ	{ DEP, "updates/dkms/icmpecho.ko.xz:\n" }
#define APT		{ "/usr/bin/apt-get", "" }
#define DOCKER		{ "/.dockerenv", "" }
#define LOCKDOWN	{ "/sys/kernel/security/lockdown", "none [integrity] confidentiality\n" }
#define UNIT		{ "/proc/self/cgroup", "0::/system.slice/agent.service\n" }
#define HOST_DEV	{ "/proc/self/mountinfo", \
			  "24 1 0:5 / /dev rw,nosuid shared:2 - devtmpfs udev rw\n" }
#define OWN_DEV		{ "/proc/self/mountinfo", \
			  "24 1 0:5 / /dev rw - devtmpfs udev rw\n" \
			  "90 24 0:44 / /dev rw,nosuid - tmpfs none rw\n" }

static const struct sight sights[] = {
	{
		.name = "module_is_not_installed_on_debian", .open_error = ENOENT,
		.files = { APT, { DEP, "kernel/net/psample.ko:\n" } },
		.cause = CAUSE_NOT_INSTALLED, .reason = "not installed for kernel " KERNEL,
		.remedies = { "sudo apt install icmpecho-dkms linux-headers-" KERNEL,
			      "sudo modprobe icmpecho" },
	}, {
		.name = "module_is_not_installed_elsewhere", .open_error = ENOENT, .is_root = true,
		.cause = CAUSE_NOT_INSTALLED, .reason = "not installed",
		.remedies = { "make modules modules_install   # in the sources of icmpecho",
			      "modprobe icmpecho" },
	}, {
		.name = "module_is_built_for_another_kernel", .open_error = ENOENT,
		.files = { APT, { "/var/lib/dkms/icmpecho/x", "" },
			   { "/lib/modules/6.1.0-7/modules.dep", "extra/icmpecho.ko:\n" },
			   { "/lib/modules/6.1.0-8/modules.dep", "extra/icmpecho.ko:\n" } },
		.cause = CAUSE_OTHER_KERNEL,
		.reason = "built for kernel 6.1.0-8, and not for " KERNEL,
		.remedies = { "sudo apt install linux-headers-" KERNEL,
			      "sudo dkms install icmpecho/" ICMPECHO_VERSION " -k " KERNEL,
			      "sudo modprobe icmpecho" },
	}, {
		.name = "module_is_not_loaded", .open_error = ENOENT,
		.files = { BUILT, { "/sys/kernel/security/lockdown", "[none] integrity\n" } },
		.cause = CAUSE_NOT_LOADED, .reason = "the module is not loaded",
		.remedies = { "sudo modprobe icmpecho" },
	}, {
		.name = "module_is_not_loaded_but_a_node_is_there", .open_error = ENXIO,
		.files = { BUILT }, .mode = 0660,
		.cause = CAUSE_NOT_LOADED, .reason = "the module is not loaded",
		.remedies = { "sudo modprobe icmpecho" },
	}, {
		.name = "lockdown_refuses_a_module_that_is_not_signed", .open_error = ENOENT,
		.files = { BUILT, LOCKDOWN, { MODULES "/updates/dkms/icmpecho.ko", "\177ELF" } },
		.cause = CAUSE_UNSIGNED, .reason = "not signed, and lockdown refuses such modules",
		.remedies = { "sudo /lib/modules/" KERNEL "/build/scripts/sign-file sha256 "
			      "MOK.priv MOK.der " MODULES "/updates/dkms/icmpecho.ko",
			      "sudo mokutil --import MOK.der && sudo reboot   # once for each key",
			      "sudo modprobe icmpecho" },
	}, {
		.name = "lockdown_may_accept_a_module_that_is_signed", .open_error = ENOENT,
		.files = { BUILT, { "/sys/module/module/parameters/sig_enforce", "Y\n" },
			   { MODULES "/updates/dkms/icmpecho.ko", "\177ELF and more of it" MARK } },
		.cause = CAUSE_NOT_LOADED, .reason = "module.sig_enforce loads only what a trusted",
		.remedies = { "sudo modprobe icmpecho",
			      "# if that says \"Key was rejected by service\":",
			      "sudo mokutil --import /var/lib/dkms/mok.pub && sudo reboot" },
	}, {
		.name = "a_compressed_module_may_be_signed", .open_error = ENOENT,
		.files = { BUILT_XZ, LOCKDOWN, { MODULES "/updates/dkms/icmpecho.ko.xz", "xz" } },
		.cause = CAUSE_NOT_LOADED, .reason = "lockdown loads only what a trusted",
		.remedies = { "sudo modprobe icmpecho",
			      "# if that says \"Key was rejected by service\":",
			      "sudo mokutil --import /var/lib/dkms/mok.pub && sudo reboot" },
	}, {
		.name = "module_is_not_loaded_on_the_host_of_a_container", .open_error = ENOENT,
		.files = { DOCKER, APT }, .is_root = true,
		.cause = CAUSE_NOT_LOADED, .reason = "on the host of this container (docker)",
		.remedies = { "# on the host: modprobe icmpecho",
			      "docker run --device /dev/icmpecho ..." },
	}, {
		.name = "node_is_not_passed_into_docker", .open_error = ENOENT,
		.files = { DOCKER, LOADED },
		.cause = CAUSE_NOT_PASSED_IN, .reason = "not passed into this container",
		.remedies = { "docker run --device /dev/icmpecho ..." },
	}, {
		.name = "node_is_not_passed_into_podman", .open_error = ENOENT,
		.files = { { "/run/.containerenv", "" }, LOADED },
		.cause = CAUSE_NOT_PASSED_IN, .reason = "not passed into this container",
		.remedies = { "podman run --device /dev/icmpecho ..." },
	}, {
		.name = "node_is_not_passed_into_nspawn", .open_error = ENOENT,
		.files = { { "/run/systemd/container", "systemd-nspawn\n" }, LOADED },
		.cause = CAUSE_NOT_PASSED_IN, .reason = "not passed into this container",
		.remedies = { "systemd-nspawn --bind=/dev/icmpecho "
			      "--property=\"DeviceAllow=/dev/icmpecho rw\" ..." },
	}, {
		.name = "node_is_not_passed_into_lxc", .open_error = ENOENT,
		.files = { { "/run/systemd/container", "lxc\n" }, LOADED },
		.cause = CAUSE_NOT_PASSED_IN, .reason = "not passed into this container",
		.remedies = { "# in the container's configuration: lxc.cgroup2.devices.allow = "
			      "c 243:0 rw",
			      "# and: lxc.mount.entry = /dev/icmpecho dev/icmpecho none "
			      "bind,create=file" },
	}, {
		.name = "node_is_not_passed_into_a_service", .open_error = ENOENT,
		.files = { UNIT, OWN_DEV, LOADED },
		.cause = CAUSE_NOT_PASSED_IN, .reason = "service, which has a /dev of its own",
		.remedies = { "sudo systemctl edit agent.service   # add: [Service] "
			      "BindPaths=/dev/icmpecho DeviceAllow=\"/dev/icmpecho rw\"",
			      "sudo systemctl restart agent.service" },
	}, {
		.name = "node_is_not_passed_into_a_sandbox", .open_error = ENOENT,
		.files = { OWN_DEV, LOADED },
		.cause = CAUSE_NOT_PASSED_IN, .reason = "sandbox, which has a /dev of its own",
		.remedies = { "# have whatever made this sandbox pass /dev/icmpecho in; "
			      "bubblewrap: --dev-bind /dev/icmpecho /dev/icmpecho" },
	}, {
		.name = "node_was_removed", .open_error = ENOENT, .files = { HOST_DEV, LOADED },
		.cause = CAUSE_NO_NODE, .reason = "was removed",
		.remedies = { "sudo mknod -m 660 /dev/icmpecho c 243 0",
			      "sudo chgrp icmpecho /dev/icmpecho" },
	}, {
		.name = "node_is_of_an_earlier_load", .open_error = ENXIO, .mode = 0660,
		.files = { HOST_DEV, LOADED },
		.cause = CAUSE_STALE_NODE, .reason = "number 240:0, and the module has 243:0",
		.remedies = { "sudo rm /dev/icmpecho", "sudo mknod -m 660 /dev/icmpecho c 243 0",
			      "sudo chgrp icmpecho /dev/icmpecho" },
	}, {
		.name = "node_of_a_container_is_of_an_earlier_load", .open_error = ENXIO,
		.mode = 0660, .files = { DOCKER, LOADED },
		.cause = CAUSE_STALE_NODE, .reason = "since it was loaded again",
		.remedies = { "# start this container or service anew:",
			      "docker run --device /dev/icmpecho ..." },
	}, {
		.name = "file_system_is_mounted_with_nodev", .open_error = EACCES, .mode = 0666,
		.is_nodev = true, .files = { OWN_DEV, LOADED },
		.cause = CAUSE_NODEV, .reason = "mounted with nodev",
		.remedies = { "# have whatever made this sandbox pass /dev/icmpecho in; "
			      "bubblewrap: --dev-bind /dev/icmpecho /dev/icmpecho" },
	}, {
		.name = "node_is_roots_only", .open_error = EACCES, .mode = 0600,
		.is_root_group = true, .files = { LOADED, APT },
		.cause = CAUSE_ROOT_ONLY, .reason = "only root may open /dev/icmpecho (mode 0600",
		.remedies = { "sudo apt install icmpecho",
			      "sudo usermod -aG icmpecho ada   # then log in again" },
	}, {
		.name = "node_is_roots_only_without_apt", .open_error = EACCES, .mode = 0660,
		.is_root_group = true, .files = { LOADED },
		.cause = CAUSE_ROOT_ONLY, .reason = "only root may open",
		.remedies = { "sudo groupadd --system icmpecho",
			      "sudo chgrp icmpecho /dev/icmpecho && sudo chmod 660 /dev/icmpecho",
			      "sudo usermod -aG icmpecho ada   # then log in again" },
	}, {
		.name = "user_is_not_in_the_group", .open_error = EACCES, .mode = 0660,
		.files = { LOADED },
		.cause = CAUSE_NO_MEMBER, .reason = "ada is not in group icmpecho",
		.remedies = { "sudo usermod -aG icmpecho ada",
			      "# then log in again, or: newgrp icmpecho" },
	}, {
		.name = "user_is_in_the_group_since_later", .open_error = EACCES, .mode = 0660,
		.is_member = true, .files = { LOADED },
		.cause = CAUSE_OLD_LOGIN, .reason = "but was not yet when this session began",
		.remedies = { "newgrp icmpecho   # or log in again" },
	}, {
		.name = "security_module_forbids_it", .open_error = EACCES, .mode = 0660,
		.has_group = true,
		.files = { LOADED, { "/proc/self/attr/current", "agent (enforce)\n" } },
		.cause = CAUSE_SECURITY_MODULE, .reason = "this process runs as agent (enforce)",
		.remedies = { "# AppArmor: add \"/dev/icmpecho rw,\" to the profile; SELinux: see "
			      "sudo ausearch -m avc -c icmpecho" },
	}, {
		.name = "security_module_forbids_it_to_root", .open_error = EACCES, .mode = 0660,
		.is_root = true,
		.files = { LOADED, { "/proc/self/attr/current", "unconfined\n" } },
		.cause = CAUSE_SECURITY_MODULE, .reason = "but a security module does not",
		.remedies = { "# AppArmor: add \"/dev/icmpecho rw,\" to the profile; SELinux: see "
			      "ausearch -m avc -c icmpecho" },
	}, {
		.name = "device_cgroup_of_a_service_forbids_it", .open_error = EPERM, .mode = 0660,
		.files = { LOADED, UNIT, { "/proc/self/status", "Seccomp:\t0\n" } },
		.cause = CAUSE_DEVICE_CGROUP,
		.reason = "the device cgroup of this service agent.service does not allow",
		.remedies = { "sudo systemctl edit agent.service   # add: [Service] "
			      "BindPaths=/dev/icmpecho DeviceAllow=\"/dev/icmpecho rw\"",
			      "sudo systemctl restart agent.service" },
	}, {
		.name = "device_cgroup_or_filter_of_a_container_forbids_it", .open_error = EPERM,
		.mode = 0660, .files = { LOADED, DOCKER, { "/proc/self/status", "Seccomp:\t2\n" } },
		.cause = CAUSE_DEVICE_CGROUP, .reason = "or its system call filter forbids it",
		.remedies = { "docker run --device /dev/icmpecho ..." },
	}, {
		.name = "process_has_too_many_files", .open_error = EMFILE, .mode = 0660,
		.files = { LOADED },
		.cause = CAUSE_OTHER, .reason = "too many files open (ulimit -n)",
	},
};

TEST_CASES(causes)
{
	size_t i;

	for (i = 0; i < sizeof(sights) / sizeof(*sights); i++)
		check(&sights[i]);
}

TEST(secure_boot_is_named)
{
	static const unsigned char on[] = { 6, 0, 0, 0, 1 };
	char path[FACTS_PATH_LEN];
	struct facts facts = { .open_error = ENOENT };
	FILE *file;

	new_root();
	put("/sys/kernel/security/lockdown", "none [integrity]\n");
	put("/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c", "");
	file = fopen(facts_path(path, root, "/sys/firmware/efi/efivars/SecureBoot-"
				"8be4df61-93ca-11d2-aa0d-00e098032b8c"), "w");
	fwrite(on, 1, sizeof(on), file);
	fclose(file);
	facts_gather(&facts, root);
	CHECK_TEXT(facts.module.enforcement, "Secure Boot");
	remove_root();
}

/* What stands at the place of the node, as a container makes it of a path that is not there. */
TEST(a_directory_is_no_node)
{
	struct facts facts = { .open_error = EISDIR };
	struct diagnosis diagnosis;

	new_root();
	put("/.dockerenv", "");
	put("/dev/icmpecho/x", "");
	facts_gather(&facts, root);
	diagnose(&facts, &diagnosis);
	CHECK_EQ(diagnosis.cause, CAUSE_NOT_A_DEVICE);
	CHECK_HAS(diagnosis.reason, "is no device");
	CHECK_EQ(diagnosis.remedies_len, 2);
	CHECK_TEXT(diagnosis.remedies[1], "docker run --device /dev/icmpecho ...");
	remove_root();
}

TEST(another_device_is_told)
{
	struct facts facts = { .info_error = ENOTTY };
	struct diagnosis diagnosis;

	diagnose(&facts, &diagnosis);
	CHECK_EQ(diagnosis.cause, CAUSE_OTHER_DEVICE);
	CHECK_TEXT(cause_name(diagnosis.cause), "other_device");
	facts.info_error = 0;
	diagnose(&facts, &diagnosis);
	CHECK_EQ(diagnosis.cause, CAUSE_NONE);
}

static const char fdinfo[] =
	"pos:\t0\nflags:\t02100002\nmnt_id:\t25\nino:\t480\nnetns:\t4026531840\nin_flight:\t12\n"
	"unreaped:\t3\nmax_requests:\t4096\npace_interval_ns:\t0\nuser_bytes:\t9000\n"
	"user_cached_bytes:\t100\nmax_user_bytes:\t134217728\nreplies:\t17\nerrors:\t2\n"
	"timeouts:\t5\ncancelled:\t1\nnot_sent:\t4\nnetns_drop_malformed:\t6\n"
	"netns_drop_unmatched:\t7\nnetns_drop_address:\t8\nnetns_drop_checksum:\t9\n"
	"netns_drop_late:\t10\n";

static void put_session(const char *pid, const char *fd, const char *link, const char *info)
{
	char path[128];

	snprintf(path, sizeof(path), "/proc/%s/fd/%s", pid, fd);
	put_link(path, link);
	snprintf(path, sizeof(path), "/proc/%s/fdinfo/%s", pid, fd);
	put(path, info);
	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	put(path, "agent\n");
}

TEST(sessions_are_found_by_descriptors)
{
	struct sessions sessions;

	new_root();
	put_session("4711", "5", "/dev/icmpecho", fdinfo);
	put_session("4711", "3", "/dev/null", fdinfo);
	put_session("12", "7", "/dev/icmpecho (deleted)", fdinfo);
	put_session("12", "8", "/dev/icmpecho", "pos:\t0\nflags:\t02\n");
	put_session("self", "3", "/dev/icmpecho", fdinfo);
	sessions_find(&sessions, root);
	CHECK_EQ(sessions.count, 2);
	CHECK_EQ(sessions.hidden, 0);
	if (sessions.count == 2) {
		CHECK_EQ(sessions.list[0].pid, 12);
		CHECK_EQ(sessions.list[0].fd, 7);
		CHECK_EQ(sessions.list[1].pid, 4711);
		CHECK_EQ(sessions.list[1].uid, geteuid());
		CHECK_TEXT(sessions.list[1].program, "agent");
		CHECK_EQ(sessions.list[1].counters[SESSION_NETNS], 4026531840U);
		CHECK_EQ(sessions.list[1].counters[SESSION_IN_FLIGHT], 12);
		CHECK_EQ(sessions.list[1].counters[SESSION_NOT_SENT], 4);
		CHECK_EQ(sessions.list[1].counters[SESSION_DROP_LATE], 10);
	}
	sessions_free(&sessions);
	remove_root();
}

TEST(text_of_a_device_that_can_be_used)
{
	CHECK_EQ(run_tool("icmpecho status"), 0);
	CHECK_HAS(tool_output, "/dev/icmpecho can be used\n");
	CHECK_HAS(tool_output, "interface:  version 1: IPv4, IPv6, IP options, several "
			       "replies to a request, pacing\n");
	CHECK_HAS(tool_output, "limits:     65536 requests of a session, 128 MiB for a user, "
			       "payload 65507 bytes (IPv4) and 65527 (IPv6),\n            timeout 49.7 days\n");
	CHECK_TEXT(tool_errors, "");
	CHECK_EQ(run_tool("icmpecho status -q"), 0);
	CHECK_TEXT(tool_output, "");
}

TEST(text_of_a_device_that_cannot_be_used)
{
	fake.open_error = EMFILE;
	CHECK_EQ(run_tool("icmpecho status"), 1);
	CHECK_HAS(tool_output, "/dev/icmpecho cannot be used: ");
	CHECK_HAS_NOT(tool_output, "interface:");
	CHECK_EQ(run_tool("icmpecho status -q"), 1);
	CHECK_TEXT(tool_output, "");
}

static struct json_object *member(struct json_object *object, const char *name)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(object, name, &value)) {
		printf("# there is no \"%s\"\n", name);
		tap_failed = true;
	}
	return value;
}

TEST(json_has_all_that_text_has)
{
	struct json_object *object;

	CHECK_EQ(run_tool("icmpecho status --json"), 0);
	object = tool_json(0);
	CHECK(json_object_get_boolean(member(object, "usable")));
	CHECK(!member(object, "cause") && !member(object, "reason"));
	CHECK_EQ(json_object_get_int(member(object, "abi_version")), 1);
	CHECK_EQ(json_object_get_int(member(object, "max_requests")), 65536);
	CHECK_EQ(json_object_array_length(member(object, "features")), 5);
	CHECK_EQ(json_object_array_length(member(object, "remedies")), 0);
	CHECK(json_object_is_type(member(object, "sessions"), json_type_array));
	json_object_put(object);

	fake.open_error = EMFILE;
	CHECK_EQ(run_tool("icmpecho status --json"), 1);
	object = tool_json(0);
	CHECK(!json_object_get_boolean(member(object, "usable")));
	CHECK(json_object_get_string(member(object, "cause")) != NULL);
	CHECK(!member(object, "abi_version"));
	json_object_put(object);
}

TEST(csv_is_a_header_and_a_row)
{
	CHECK_EQ(run_tool("icmpecho status --csv"), 0);
	CHECK_HAS(tool_output, "usable,cause,reason,remedies,device,");
	CHECK_HAS(tool_output, "\ntrue,,,,/dev/icmpecho,");
	CHECK_HAS(tool_output, ",features,netns,");
	CHECK_HAS(tool_output, ",ipv4 ipv6 options many_replies pacing,");
	CHECK_HAS(tool_output, ",session_count,hidden_processes,sessions\n");
	fake.open_error = ENOENT;
	CHECK_EQ(run_tool("icmpecho status --csv"), 1);
	CHECK_HAS(tool_output, "\nfalse,");
	CHECK_HAS(tool_output, ",\"[\"\"");
}

TEST(words_are_refused)
{
	CHECK_EQ(run_tool("icmpecho status 127.0.0.1"), 2);
	CHECK_HAS(tool_errors, "'127.0.0.1': there is nothing to name");
	CHECK_EQ(run_tool("icmpecho status -c 1"), 2);
}
