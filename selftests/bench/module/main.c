// SPDX-License-Identifier: GPL-2.0
/* The device of the benchmark's module; see bench_module.h. */
#include <linux/cpumask.h>
#include <linux/fs.h>
#include <linux/ktime.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/tick.h>
#include <linux/uaccess.h>

#include "bench_module.h"

/* Waiting for "I/O" is idle too; the kernel counts it apart. */
static u64 idle_ns(void)
{
	u64 sum = 0;
	int cpu;

	for_each_online_cpu(cpu)
		sum += get_cpu_idle_time_us(cpu, NULL) +
		       get_cpu_iowait_time_us(cpu, NULL);
	return sum * NSEC_PER_USEC;
}

static long ioctl_clock(void __user *arg)
{
	struct bench_clock clock = {
		.now_ns = ktime_get_ns(),
		.idle_ns = idle_ns(),
		.cpus = num_online_cpus(),
	};

	return copy_to_user(arg, &clock, sizeof(clock)) ? -EFAULT : 0;
}

static long ioctl_floor(void __user *arg)
{
	struct bench_floor floor;
	int err;

	if (copy_from_user(&floor, arg, sizeof(floor)))
		return -EFAULT;
	err = bench_floor_run(&floor);
	if (err)
		return err;
	return copy_to_user(arg, &floor, sizeof(floor)) ? -EFAULT : 0;
}

static long bench_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case BENCH_IOC_CLOCK:
		return ioctl_clock((void __user *)arg);
	case BENCH_IOC_FLOOR:
		return ioctl_floor((void __user *)arg);
	default:
		return -ENOTTY;
	}
}

static const struct file_operations bench_fops = {
	.owner		= THIS_MODULE,
	.unlocked_ioctl	= bench_ioctl,
};

static struct miscdevice bench_device = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "icmpecho-bench",
	.fops	= &bench_fops,
	.mode	= 0600,
};

module_misc_device(bench_device);

MODULE_DESCRIPTION("Clock and lower bounds for icmpecho's benchmark");
MODULE_AUTHOR("The icmpecho authors");
MODULE_LICENSE("GPL");
