// SPDX-License-Identifier: GPL-2.0
/*
 * Users, and what all sessions of one may take up together.
 */
#include <linux/cred.h>
#include <linux/hashtable.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>

#include "icmpecho.h"

/* Protects the table of users; nothing is allocated or freed under it. */
static DEFINE_SPINLOCK(users_lock);
static DEFINE_HASHTABLE(users, 6);

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
 * Whose quota it is. In a user namespace a user has as many uids as they like, so
 * that counts who made the outermost one, as the kernel's own limits of namespaces
 * do. What root made is for somebody whom root gave uids of their own.
 */
static kuid_t quota_owner(const struct cred *cred)
{
	const struct user_namespace *ns = cred->user_ns;
	kuid_t owner = cred->uid;

	for (; ns != &init_user_ns; ns = ns->parent)
		owner = ns->owner;
	return uid_eq(owner, GLOBAL_ROOT_UID) ? cred->uid : owner;
}

/**
 * icmpecho_user_get - who pays for a session
 * @cred: credentials of the opener
 *
 * Process context, sleeps. The opener's cgroup may let an allocation wait for long,
 * but then nobody else waits for it.
 *
 * Return: the user, or NULL if there is no memory.
 */
struct icmpecho_user *icmpecho_user_get(const struct cred *cred)
{
	struct icmpecho_user *new = kzalloc(sizeof(*new), GFP_KERNEL_ACCOUNT);
	struct icmpecho_user *user;

	if (!new)
		return NULL;
	new->uid = quota_owner(cred);
	spin_lock(&users_lock);
	user = user_find(new->uid);
	if (!user) {
		hash_add(users, &new->node, __kuid_val(new->uid));
		swap(user, new);
	}
	user->sessions++;
	spin_unlock(&users_lock);
	kfree(new);
	return user;
}

/**
 * icmpecho_user_put - a session is gone
 * @user: the user
 *
 * Process context.
 */
void icmpecho_user_put(struct icmpecho_user *user)
{
	bool last;

	spin_lock(&users_lock);
	last = !--user->sessions;
	if (last)
		hash_del(&user->node);
	spin_unlock(&users_lock);
	if (!last)
		return;
	WARN_ON_ONCE(atomic_long_read(&user->bytes));
	kfree(user);
}

/**
 * icmpecho_user_charge - have a user pay for memory
 * @user: the user
 * @bytes: how much
 *
 * Return: 0, or -EDQUOT if it is too much.
 */
int icmpecho_user_charge(struct icmpecho_user *user, size_t bytes)
{
	unsigned long max = READ_ONCE(icmpecho_max_user_bytes);

	if (atomic_long_add_return(bytes, &user->bytes) <= max)
		return 0;
	icmpecho_user_uncharge(user, bytes);
	return -EDQUOT;
}

/**
 * icmpecho_user_uncharge - give back what was charged
 * @user: the user
 * @bytes: how much
 */
void icmpecho_user_uncharge(struct icmpecho_user *user, size_t bytes)
{
	atomic_long_sub(bytes, &user->bytes);
}
