"""What a tree of sysfs must answer: a script for any kernel, and what each should say to it."""
