/*
 * A PyCapsule around an Arrow stream: the one place where C meets Python's objects. Called with
 * the GIL, by ctypes, for cffi hands out no objects.
 */
#ifndef CAPSULE_H
#define CAPSULE_H

#include <stdlib.h>

#include "mdm_arrow.h"

static void capsule_end(PyObject *capsule)
{
    struct ArrowArrayStream *stream = PyCapsule_GetPointer(capsule, "arrow_array_stream");
    if (stream->release != NULL) {
        stream->release(stream);
    }
    free(stream);
}

/* The new capsule owns the stream; NULL with an exception, and the stream is not taken. */
static void *capsule_new(void *stream)
{
    struct ArrowArrayStream *moved = malloc(sizeof *moved);
    PyObject *capsule = NULL;
    if (moved == NULL) {
        return PyErr_NoMemory();
    }
    memcpy(moved, stream, sizeof *moved);
    capsule = PyCapsule_New(moved, "arrow_array_stream", capsule_end);
    if (capsule == NULL) {
        free(moved);
    }
    return capsule;
}

#endif
