// SPDX-License-Identifier: MIT
/* Gathers the facts. Whatever cannot be read leaves its fact empty. */
#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "facts.h"

#define MODULE	"icmpecho"
/* What scripts/sign-file puts at the end of a module, behind the signature. */
#define SIGNATURE_MARK	"~Module signature appended~\n"

char *facts_path(char *path, const char *root, const char *format, ...)
{
	size_t len = (size_t)snprintf(path, FACTS_PATH_LEN, "%s", root);
	va_list arguments;

	if (len >= FACTS_PATH_LEN)
		len = FACTS_PATH_LEN - 1;
	va_start(arguments, format);
	vsnprintf(path + len, FACTS_PATH_LEN - len, format, arguments);
	va_end(arguments);
	return path;
}

void facts_user_name(uid_t uid, char *text, size_t size)
{
	const struct passwd *user = getpwuid(uid);

	if (user)
		snprintf(text, size, "%s", user->pw_name);
	else
		snprintf(text, size, "%u", uid);
}

void facts_group_name(gid_t gid, char *text, size_t size)
{
	const struct group *group = getgrgid(gid);

	if (group)
		snprintf(text, size, "%s", group->gr_name);
	else
		snprintf(text, size, "%u", gid);
}

static bool exists(const char *root, const char *name)
{
	char path[FACTS_PATH_LEN];

	return !access(facts_path(path, root, "%s", name), F_OK);
}

/*
 * Calls @use for each line, without its end, until it returns true. Returns whether it did.
 */
static bool find_line(const char *path, bool (*use)(char *line, void *self), void *self)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;
	bool found = false;

	if (!file)
		return false;
	while (!found && getline(&line, &size, file) >= 0) {
		line[strcspn(line, "\n")] = '\0';
		found = use(line, self);
	}
	free(line);
	fclose(file);
	return found;
}

struct text {
	char *to;
	size_t size;
};

static bool take_line(char *line, void *self)
{
	struct text *text = self;

	snprintf(text->to, text->size, "%s", line);
	return true;
}

/* The first line of a file; "" if it cannot be read. */
static void read_line(const char *root, const char *name, char *to, size_t size)
{
	struct text text = { to, size };
	char path[FACTS_PATH_LEN];

	to[0] = '\0';
	find_line(facts_path(path, root, "%s", name), take_line, &text);
}

static void gather_node(struct node_facts *node, const char *root)
{
	char path[FACTS_PATH_LEN];
	struct statvfs filesystem;
	struct stat stat_buf;

	if (stat(facts_path(path, root, ICMPECHO_DEVICE), &stat_buf))
		return;
	node->exists = true;
	node->is_device = S_ISCHR(stat_buf.st_mode);
	node->major = major(stat_buf.st_rdev);
	node->minor = minor(stat_buf.st_rdev);
	node->mode = stat_buf.st_mode & 07777;
	node->uid = stat_buf.st_uid;
	node->gid = stat_buf.st_gid;
	facts_user_name(node->uid, node->owner, sizeof(node->owner));
	facts_group_name(node->gid, node->group, sizeof(node->group));
	node->is_nodev = !statvfs(path, &filesystem) && filesystem.f_flag & ST_NODEV;
}

/* /proc/devices: "243 icmpecho" */
static bool take_major(char *line, void *self)
{
	char *name;
	long number = strtol(line, &name, 10);

	if (strcmp(name, " " MODULE))
		return false;
	*(int *)self = (int)number;
	return true;
}

/* modules.dep: "updates/dkms/icmpecho.ko.xz: needed.ko ..." */
static bool take_file(char *line, void *self)
{
	struct text *text = self;
	const char *name;

	line[strcspn(line, ":")] = '\0';
	name = strrchr(line, '/');
	name = name ? name + 1 : line;
	if (strncmp(name, MODULE ".ko", strlen(MODULE ".ko")))
		return false;
	return take_line(line, text);
}

/* The module that is built for a kernel, as depmod has found it. */
static bool find_module(const char *root, const char *release, char *file, size_t size)
{
	struct text text = { file, size };
	char path[FACTS_PATH_LEN];

	facts_path(path, root, "/lib/modules/%s/modules.dep", release);
	return find_line(path, take_file, &text);
}

static void find_other_release(struct module_facts *module, const char *root)
{
	char path[FACTS_PATH_LEN], file[sizeof(module->file)];
	DIR *dir = opendir(facts_path(path, root, "/lib/modules"));
	const struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.' || !strcmp(entry->d_name, module->release) ||
		    strlen(entry->d_name) >= sizeof(module->other_release) ||
		    strcmp(entry->d_name, module->other_release) < 0)
			continue;
		/* The highest name, so that it is always the same one. */
		if (find_module(root, entry->d_name, file, sizeof(file)))
			memcpy(module->other_release, entry->d_name, strlen(entry->d_name) + 1);
	}
	if (dir)
		closedir(dir);
}

static enum signature signature_of(const struct module_facts *module, const char *root)
{
	const long len = (long)strlen(SIGNATURE_MARK);
	char path[FACTS_PATH_LEN], end[sizeof(SIGNATURE_MARK)] = "";
	size_t file_len = strlen(module->file);
	FILE *file;

	if (file_len < 3 || strcmp(module->file + file_len - 3, ".ko"))
		return SIGNATURE_UNKNOWN;
	file = fopen(facts_path(path, root, "/lib/modules/%s/%s", module->release, module->file),
		     "re");
	if (!file)
		return SIGNATURE_UNKNOWN;
	if (!fseek(file, -len, SEEK_END) && fread(end, 1, (size_t)len, file) != (size_t)len)
		end[0] = '\0';
	fclose(file);
	return strcmp(end, SIGNATURE_MARK) ? SIGNATURE_NONE : SIGNATURE_THERE;
}

/* Names what makes the kernel refuse modules that no trusted key has signed. */
static void find_enforcement(struct module_facts *module, const char *root)
{
	char line[64], path[FACTS_PATH_LEN];
	unsigned char variable[5] = { 0 };
	FILE *file;

	read_line(root, "/sys/kernel/security/lockdown", line, sizeof(line));
	if (strstr(line, "[integrity]") || strstr(line, "[confidentiality]"))
		strcpy(module->enforcement, "lockdown");
	read_line(root, "/sys/module/module/parameters/sig_enforce", line, sizeof(line));
	if (line[0] == 'Y')
		strcpy(module->enforcement, "module.sig_enforce");
	if (!module->enforcement[0])
		return;
	/* Four bytes of attributes come before the value. */
	facts_path(path, root, "/sys/firmware/efi/efivars/SecureBoot-"
		   "8be4df61-93ca-11d2-aa0d-00e098032b8c");
	file = fopen(path, "re");
	if (!file)
		return;
	if (fread(variable, 1, sizeof(variable), file) == sizeof(variable) && variable[4] == 1)
		strcpy(module->enforcement, "Secure Boot");
	fclose(file);
}

static void gather_module(struct module_facts *module, const char *root)
{
	char path[FACTS_PATH_LEN], line[32];
	struct utsname name;

	module->major = -1;
	find_line(facts_path(path, root, "/proc/devices"), take_major, &module->major);
	module->is_loaded = module->major >= 0 || exists(root, "/sys/module/" MODULE);
	read_line(root, "/sys/module/" MODULE "/version", module->version,
		  sizeof(module->version));
	read_line(root, "/sys/module/" MODULE "/refcnt", line, sizeof(line));
	module->references = strtoull(line, NULL, 10);
	/* A test has a kernel of its own. */
	read_line(root, "/proc/sys/kernel/osrelease", module->release, sizeof(module->release));
	if (!module->release[0] && !uname(&name))
		snprintf(module->release, sizeof(module->release), "%s", name.release);
	if (find_module(root, module->release, module->file, sizeof(module->file)))
		module->signature = signature_of(module, root);
	find_other_release(module, root);
	module->has_dkms_source = exists(root, "/var/lib/dkms/" MODULE);
	find_enforcement(module, root);
}

/* /proc/self/mountinfo: "... / /dev rw,nosuid - tmpfs none rw,..." */
static bool is_own_dev(char *line, void *self)
{
	const char *type = strstr(line, " - ");

	if (type && strstr(line, " /dev ") && strstr(line, " /dev ") < type)
		*(bool *)self = strncmp(type, " - devtmpfs ", strlen(" - devtmpfs ")) != 0;
	/* A later mount covers an earlier one. */
	return false;
}

/* /proc/self/cgroup: "0::/system.slice/agent.service" */
static bool take_unit(char *line, void *self)
{
	static const char suffix[] = ".service";
	const char *slash = strrchr(line, '/');
	struct text *text = self;
	size_t len = slash ? strlen(slash + 1) : 0;

	if (strncmp(line, "0::", 3) && !strstr(line, ":name=systemd:"))
		return false;
	if (len < sizeof(suffix) || strcmp(slash + 1 + len - strlen(suffix), suffix))
		return false;
	snprintf(text->to, text->size, "%s", slash + 1);
	return true;
}

static bool take_seccomp(char *line, void *self)
{
	if (strncmp(line, "Seccomp:", 8))
		return false;
	*(bool *)self = atoi(line + 8) != 0;
	return true;
}

static void find_container(struct sandbox_facts *sandbox, const char *root)
{
	const char *variable = getenv("container");

	read_line(root, "/run/systemd/container", sandbox->container, sizeof(sandbox->container));
	if (sandbox->container[0])
		return;
	if (exists(root, "/run/.containerenv"))
		strcpy(sandbox->container, "podman");
	else if (exists(root, "/.dockerenv"))
		strcpy(sandbox->container, "docker");
	else if (!root[0] && variable)
		snprintf(sandbox->container, sizeof(sandbox->container), "%s", variable);
}

static void gather_sandbox(struct sandbox_facts *sandbox, const char *root)
{
	struct text unit = { sandbox->unit, sizeof(sandbox->unit) };
	char path[FACTS_PATH_LEN];

	find_container(sandbox, root);
	find_line(facts_path(path, root, "/proc/self/cgroup"), take_unit, &unit);
	find_line(facts_path(path, root, "/proc/self/mountinfo"), is_own_dev,
		  &sandbox->has_own_dev);
	find_line(facts_path(path, root, "/proc/self/status"), take_seccomp,
		  &sandbox->has_seccomp);
	read_line(root, "/proc/self/attr/current", sandbox->label, sizeof(sandbox->label));
	if (!strncmp(sandbox->label, "unconfined", strlen("unconfined")))
		sandbox->label[0] = '\0';
}

static bool process_has_group(gid_t gid)
{
	gid_t groups[1024];
	int count = getgroups(sizeof(groups) / sizeof(*groups), groups), i;

	if (getegid() == gid)
		return true;
	for (i = 0; i < count; i++) {
		if (groups[i] == gid)
			return true;
	}
	return false;
}

static bool user_has_group(const char *user, gid_t gid)
{
	const struct group *group = getgrgid(gid);
	const struct passwd *passwd = getpwnam(user);
	char **member;

	if (passwd && passwd->pw_gid == gid)
		return true;
	for (member = group ? group->gr_mem : NULL; member && *member; member++) {
		if (!strcmp(*member, user))
			return true;
	}
	return false;
}

static void gather_caller(struct caller_facts *caller, const struct node_facts *node)
{
	caller->uid = geteuid();
	caller->is_root = caller->uid == 0;
	facts_user_name(caller->uid, caller->name, sizeof(caller->name));
	if (!node->exists)
		return;
	caller->has_group = process_has_group(node->gid);
	caller->is_member = user_has_group(caller->name, node->gid);
}

void facts_gather(struct facts *facts, const char *root)
{
	gather_node(&facts->node, root);
	gather_module(&facts->module, root);
	gather_sandbox(&facts->sandbox, root);
	gather_caller(&facts->caller, &facts->node);
	facts->has_apt = exists(root, "/usr/bin/apt-get");
}
