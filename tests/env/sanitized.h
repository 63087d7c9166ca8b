// Whether a sanitizer watches this build: a few tests cannot be made under one, and say so.
#pragma once

#if defined(__has_feature)
#define VARVE_SANITIZED (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define VARVE_SANITIZED 1
#else
#define VARVE_SANITIZED 0
#endif
