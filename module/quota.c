// SPDX-License-Identifier: GPL-2.0
/*
 * Users, and what all sessions of one may take up together: memory is charged when
 * it is allocated and uncharged when it is freed. What sessions keep for their next
 * requests is charged, too; they give it back when their user has no quota left, or
 * the machine no memory.
 */
#include <linux/cred.h>
#include <linux/hashtable.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>

#include "icmpecho.h"

/* How much of what is kept the kernel's reclaim counts as one object */
#define OBJECT_SIZE	sizeof(struct icmpecho_request)

/* Protects the table of users and their sessions; nothing is allocated or freed under it. */
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

/**
 * icmpecho_user_put - drop a reference
 * @user: the user
 *
 * Process context.
 */
void icmpecho_user_put(struct icmpecho_user *user)
{
	bool last;

	spin_lock(&users_lock);
	last = !--user->refs;
	if (last)
		hash_del(&user->node);
	spin_unlock(&users_lock);
	if (!last)
		return;
	WARN_ON_ONCE(atomic_long_read(&user->bytes) ||
		     atomic_long_read(&user->kept));
	kfree(user);
}

/**
 * icmpecho_user_add_session - a session is open
 * @s: the session
 *
 * Process context.
 */
void icmpecho_user_add_session(struct icmpecho_session *s)
{
	spin_lock(&users_lock);
	list_add_tail(&s->user_node, &s->user->sessions);
	s->user->nr_sessions++;
	spin_unlock(&users_lock);
}

/**
 * icmpecho_user_del_session - a session is closed
 * @s: the session, of which the caller has a reference
 *
 * Process context.
 */
void icmpecho_user_del_session(struct icmpecho_session *s)
{
	spin_lock(&users_lock);
	list_del(&s->user_node);
	s->user->nr_sessions--;
	spin_unlock(&users_lock);
}

/* The session whose turn it is to give memory back, with a reference, or NULL */
static struct icmpecho_session *user_next_session(struct icmpecho_user *user)
{
	struct icmpecho_session *s;

	spin_lock(&users_lock);
	s = list_first_entry_or_null(&user->sessions, struct icmpecho_session,
				     user_node);
	if (s) {
		list_rotate_left(&user->sessions);
		refcount_inc(&s->ref);
	}
	spin_unlock(&users_lock);
	return s;
}

/*
 * Have a user's sessions give back at least so much of what they keep, or all. Each
 * has one turn at most. Returns how much it was.
 */
static size_t user_give_back(struct icmpecho_user *user, size_t wanted)
{
	unsigned int turns = READ_ONCE(user->nr_sessions);
	struct icmpecho_session *s;
	size_t bytes = 0;

	while (turns-- && bytes < wanted && atomic_long_read(&user->kept) > 0 &&
	       !fatal_signal_pending(current)) {
		s = user_next_session(user);
		if (!s)
			break;
		bytes += icmpecho_session_give_back(s);
		if (bytes < wanted)
			bytes += icmpecho_dests_give_back(s->in, user);
		icmpecho_session_put(s, 1);
		cond_resched();
	}
	return bytes;
}

/* Returns by how much it would be too much, or 0 if it was charged. */
static size_t user_try_charge(struct icmpecho_user *user, size_t bytes)
{
	unsigned long max = READ_ONCE(icmpecho_max_user_bytes);
	unsigned long sum = atomic_long_add_return(bytes, &user->bytes);

	if (sum <= max)
		return 0;
	icmpecho_user_uncharge(user, bytes);
	return sum - max;
}

/**
 * icmpecho_user_charge - have a user pay for memory
 * @user: the user
 * @bytes: how much
 *
 * Process context.
 *
 * Return: 0, or -EDQUOT if it is too much.
 */
int icmpecho_user_charge(struct icmpecho_user *user, size_t bytes)
{
	size_t excess = user_try_charge(user, bytes);

	/* What is kept for later makes room for what is needed now. */
	if (excess && user_give_back(user, excess))
		excess = user_try_charge(user, bytes);
	return excess ? -EDQUOT : 0;
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

/**
 * icmpecho_user_keep - have a user pay for memory that can be given back
 * @user: the user
 * @bytes: how much
 *
 * Nobody gives anything back for it.
 *
 * Return: false if it is too much.
 */
bool icmpecho_user_keep(struct icmpecho_user *user, size_t bytes)
{
	if (user_try_charge(user, bytes))
		return false;
	atomic_long_add(bytes, &user->kept);
	return true;
}

/**
 * icmpecho_user_unkeep - it is given back
 * @user: the user
 * @bytes: how much
 */
void icmpecho_user_unkeep(struct icmpecho_user *user, size_t bytes)
{
	atomic_long_sub(bytes, &user->kept);
	icmpecho_user_uncharge(user, bytes);
}

static unsigned long kept_count(struct shrinker *shrinker, struct shrink_control *sc)
{
	struct icmpecho_user *user;
	unsigned long bytes = 0;
	unsigned int i;

	spin_lock(&users_lock);
	hash_for_each(users, i, user, node)
		bytes += max(atomic_long_read(&user->kept), 0L);
	spin_unlock(&users_lock);
	return bytes / OBJECT_SIZE;
}

/* A user whose sessions keep something, with a reference, or NULL */
static struct icmpecho_user *user_who_keeps(void)
{
	struct icmpecho_user *user;
	unsigned int i;

	spin_lock(&users_lock);
	hash_for_each(users, i, user, node) {
		if (atomic_long_read(&user->kept) > 0) {
			user->refs++;
			spin_unlock(&users_lock);
			return user;
		}
	}
	spin_unlock(&users_lock);
	return NULL;
}

static unsigned long kept_scan(struct shrinker *shrinker, struct shrink_control *sc)
{
	size_t wanted = sc->nr_to_scan * OBJECT_SIZE, bytes = 0, got;
	struct icmpecho_user *user;

	while (bytes < wanted && (user = user_who_keeps())) {
		got = user_give_back(user, wanted - bytes);
		icmpecho_user_put(user);
		if (!got)
			break;
		bytes += got;
	}
	return bytes ? bytes / OBJECT_SIZE : SHRINK_STOP;
}

static struct shrinker *kept_shrinker;

/**
 * icmpecho_quota_init - have the kernel's reclaim ask for what is kept
 *
 * Return: 0 or -ENOMEM.
 */
int icmpecho_quota_init(void)
{
	kept_shrinker = icmpecho_shrinker_add("icmpecho", kept_count, kept_scan);
	return kept_shrinker ? 0 : -ENOMEM;
}

/**
 * icmpecho_quota_exit - the kernel's reclaim asks no more
 */
void icmpecho_quota_exit(void)
{
	icmpecho_shrinker_remove(kept_shrinker);
}
