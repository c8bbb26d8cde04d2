/* SPDX-License-Identifier: MIT */
#include "socket.h"

#include <errno.h>
#include <string.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int open_socket(const char *path, struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	strncpy(address->sun_path, path, sizeof(address->sun_path) - 1);
	return fd < 0 ? -errno : fd;
}

static int failed(int fd)
{
	int err = -errno;

	close(fd);
	return err;
}

int socket_connect(const char *path)
{
	struct sockaddr_un address;
	int fd = open_socket(path, &address);

	if (fd >= 0 &&
	    connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return failed(fd);
	return fd;
}

/* Takes away a socket that nobody listens at, and no other file. */
static void tidy(const char *path)
{
	struct stat st;
	int fd;

	if (lstat(path, &st) || !S_ISSOCK(st.st_mode))
		return;
	fd = socket_connect(path);
	if (fd >= 0)
		close(fd);
	else if (fd == -ECONNREFUSED)
		unlink(path);
}

int socket_listen(const char *path)
{
	struct sockaddr_un address;
	int fd;

	tidy(path);
	fd = open_socket(path, &address);
	if (fd < 0)
		return fd;
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) ||
	    listen(fd, 1))
		return failed(fd);
	return fd;
}

int socket_accept(int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd >= 0)
		return fd;
	return errno == ECONNABORTED || errno == EINTR ? -EAGAIN : -errno;
}
