// SPDX-License-Identifier: GPL-2.0
/*
 * Users, and the quota of memory that all sessions of one user may hold together. Memory is
 * charged when it is allocated, and uncharged when it is freed. Cached memory is charged too.
 * cache.c reclaims a user's cached memory when the user's quota is used up, or when the kernel
 * runs short of memory.
 */
#include <linux/cred.h>
#include <linux/user_namespace.h>

#include "icmpecho.h"

static unsigned long max_user_bytes = 128UL << 20;

/* Set max_user_bytes. Refuse a limit that one request for one reply of any length may exceed. */
static int set_max_user_bytes(const char *text, const struct kernel_param *param)
{
	unsigned long bytes;
	int err = kstrtoul(text, 0, &bytes);

	if (err)
		return err;
	if (bytes < sizeof(struct icmpecho_request) + ICMPECHO_MAX_OPTIONS + U16_MAX)
		return -EINVAL;
	WRITE_ONCE(max_user_bytes, bytes);
	return 0;
}

static const struct kernel_param_ops max_user_bytes_ops = {
	.set	= set_max_user_bytes,
	.get	= param_get_ulong,
};
module_param_cb(max_user_bytes, &max_user_bytes_ops, &max_user_bytes, 0644);
__MODULE_PARM_TYPE(max_user_bytes, "ulong");
MODULE_PARM_DESC(max_user_bytes,
		 "kernel memory that the requests of one user may take up (default 128 MiB, at least what one request with the longest reply does, 65 KiB)");

/*
 * Protects the table of users, and each user's refs and list of sessions. No memory is allocated
 * while it is held.
 */
static DEFINE_SPINLOCK(users_lock);
static DEFINE_HASHTABLE(users, 6);

/*
 * Returns the uid to charge for sessions opened with @cred. One user may have many uids in a user
 * namespace that they made. So the uid that owns the outermost user namespace below init_user_ns
 * is charged for all uids in it, as by ucounts. If root owns that namespace, each uid is charged
 * by itself: root may have given its uids to several users.
 */
static kuid_t quota_owner(const struct cred *cred)
{
	const struct user_namespace *ns = cred->user_ns;
	kuid_t owner = cred->uid;

	for (; ns != &init_user_ns; ns = ns->parent)
		owner = ns->owner;
	return uid_eq(owner, GLOBAL_ROOT_UID) ? cred->uid : owner;
}

static struct icmpecho_user *user_find(kuid_t uid)
{
	struct icmpecho_user *user;

	lockdep_assert_held(&users_lock);
	hash_for_each_possible(users, user, node, __kuid_val(uid)) {
		if (uid_eq(user->uid, uid))
			return user;
	}
	return NULL;
}

/*
 * Get the user to charge for sessions opened with @cred. Returns the user with a reference, or
 * NULL if there is no memory. Process context, sleeps.
 */
static struct icmpecho_user *user_get(const struct cred *cred)
{
	struct icmpecho_user *new = kzalloc(sizeof(*new), GFP_KERNEL_ACCOUNT);
	struct icmpecho_user *user;

	if (!new)
		return NULL;
	new->uid = quota_owner(cred);
	INIT_LIST_HEAD(&new->sessions);
	spin_lock(&users_lock);
	user = user_find(new->uid);
	if (!user) {
		hash_add(users, &new->node, __kuid_val(new->uid));
		swap(user, new);
	}
	user->refs++;
	spin_unlock(&users_lock);
	kfree(new);
	return user;
}

static void user_put(struct icmpecho_user *user)
{
	bool last;

	spin_lock(&users_lock);
	last = !--user->refs;
	if (last)
		hash_del(&user->node);
	spin_unlock(&users_lock);
	if (!last)
		return;
	WARN_ON_ONCE(atomic_long_read(&user->bytes) || atomic_long_read(&user->cached));
	kfree(user);
}

static void user_add_session(struct icmpecho_session *s)
{
	spin_lock(&users_lock);
	list_add_tail(&s->user_node, &s->user->sessions);
	spin_unlock(&users_lock);
}

static void user_del_session(struct icmpecho_session *s)
{
	spin_lock(&users_lock);
	list_del(&s->user_node);
	spin_unlock(&users_lock);
}

/* Get the next session of @user, in turn, to reclaim from. Returns it with a reference, or NULL. */
static struct icmpecho_session *user_next_session(struct icmpecho_user *user)
{
	struct icmpecho_session *s;

	spin_lock(&users_lock);
	s = list_first_entry_or_null(&user->sessions, struct icmpecho_session, user_node);
	if (s) {
		list_rotate_left(&user->sessions);
		refcount_inc(&s->ref);
	}
	spin_unlock(&users_lock);
	return s;
}

/* Find any user with cached memory. Returns the user with a reference, or NULL. */
static struct icmpecho_user *user_with_cache(void)
{
	struct icmpecho_user *user;
	unsigned int i;

	spin_lock(&users_lock);
	hash_for_each(users, i, user, node) {
		if (atomic_long_read(&user->cached) > 0) {
			user->refs++;
			spin_unlock(&users_lock);
			return user;
		}
	}
	spin_unlock(&users_lock);
	return NULL;
}

static unsigned long users_cached(void)
{
	struct icmpecho_user *user;
	unsigned long bytes = 0;
	unsigned int i;

	spin_lock(&users_lock);
	hash_for_each(users, i, user, node)
		bytes += max(atomic_long_read(&user->cached), 0L);
	spin_unlock(&users_lock);
	return bytes;
}

static void user_uncharge(struct icmpecho_user *user, size_t bytes)
{
	atomic_long_sub(bytes, &user->bytes);
}

/* Charge @bytes to @user. Returns 0, or the excess over the quota: then nothing is charged. */
static size_t user_charge(struct icmpecho_user *user, size_t bytes)
{
	unsigned long max = READ_ONCE(max_user_bytes);
	unsigned long sum = atomic_long_add_return(bytes, &user->bytes);

	if (sum <= max)
		return 0;
	user_uncharge(user, bytes);
	return sum - max;
}

/*
 * Charge @bytes of reclaimable memory to @user. Returns false, and charges nothing, if that would
 * exceed the quota; does not reclaim memory to make room.
 */
static bool user_charge_cached(struct icmpecho_user *user, size_t bytes)
{
	if (user_charge(user, bytes))
		return false;
	atomic_long_add(bytes, &user->cached);
	return true;
}

static void user_uncharge_cached(struct icmpecho_user *user, size_t bytes)
{
	atomic_long_sub(bytes, &user->cached);
	user_uncharge(user, bytes);
}
