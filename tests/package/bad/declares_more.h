/* SPDX-License-Identifier: MIT */
/* RIOTLB_API int riotlb_only_in_a_comment(void); */
RIOTLB_API const char **riotlb_not_here_either(void);
RIOTLB_API int riotlb_not_in_the_map(void);
