/* SPDX-License-Identifier: MIT */
/* Sockets of the file system. Paths are short enough. */
#ifndef RIOTLB_VHOST_USER_SOCKET_H
#define RIOTLB_VHOST_USER_SOCKET_H

/*
 * A socket that listens; one that is there and that nobody listens at, as one
 * that was killed leaves it, is replaced. Errors: -EADDRINUSE, those of bind.
 */
int socket_listen(const char *path);
/* Errors: -EAGAIN (whoever came has gone), those of accept. */
int socket_accept(int listener);
/* Errors: those of connect. */
int socket_connect(const char *path);

#endif
