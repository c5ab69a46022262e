/*
 * What the code relies on, told to those who read it by machine.
 */
#ifndef MDM_HOLDS_H
#define MDM_HOLDS_H

/* What always holds here, though no analyser sees why: they take it for granted, the address
   sanitizer's build checks it, and the others have nothing of it. */
#if defined(__clang_analyzer__) || defined(__cppcheck__)
#define MDM_HOLDS(condition) ((condition) ? (void)0 : __builtin_unreachable())
#elif defined(__SANITIZE_ADDRESS__)
#define MDM_HOLDS(condition) ((condition) ? (void)0 : __builtin_trap())
#else
#define MDM_HOLDS(condition) ((void)0)
#endif

#endif
