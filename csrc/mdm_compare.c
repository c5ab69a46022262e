/*
 * Values side by side: equal, ordered, within each other.
 */
#include <string.h>

#include "mdm_value.h"

__extension__ typedef __int128 i128;

static int order_u32(uint32_t left, uint32_t right)
{
    return (left > right) - (left < right);
}

static int order_texts(mdm_text left, mdm_text right)
{
    if (left.len != right.len) {
        return left.len < right.len ? -1 : 1;
    }
    return left.len == 0 ? 0 : memcmp(left.at, right.at, left.len);
}

static int order_sets(const mdm_set *left, const mdm_set *right)
{
    if (left->n_unknown != right->n_unknown) {
        return order_u32(left->n_unknown, right->n_unknown);
    }
    if (left->n != right->n) {
        return order_u32(left->n, right->n);
    }
    return left->n == 0 ? 0 : memcmp(left->at, right->at, left->n * sizeof *left->at);
}

static int order_versions(const mdm_version *left, const mdm_version *right)
{
    if (left->major_part != right->major_part) {
        return order_u32(left->major_part, right->major_part);
    }
    if (left->minor_part != right->minor_part) {
        return order_u32(left->minor_part, right->minor_part);
    }
    return order_u32(left->bugfix, right->bugfix);
}

static int order_pci_ids(const mdm_pci_id *left, const mdm_pci_id *right)
{
    const int order = order_u32(left->vendor, right->vendor);
    return order != 0 ? order : order_u32(left->device, right->device);
}

static int order_ratios(const mdm_ratio *left, const mdm_ratio *right)
{
    const i128 a = (i128)left->numerator * right->denominator;
    const i128 b = (i128)right->numerator * left->denominator;
    return (a > b) - (a < b);
}

int mdm_value_order(mdm_kind kind, const mdm_value *left, const mdm_value *right)
{
    switch (kind) {
    case MDM_INT:
        return (left->number > right->number) - (left->number < right->number);
    case MDM_STRING:
        return order_texts(left->text, right->text);
    case MDM_SET:
        return order_sets(&left->set, &right->set);
    case MDM_VERSION:
        return order_versions(&left->version, &right->version);
    case MDM_PCI_ID:
        return order_pci_ids(&left->pci_id, &right->pci_id);
    case MDM_RATIO:
        break;
    }
    return order_ratios(&left->ratio, &right->ratio);
}

bool mdm_value_equal(mdm_kind kind, const mdm_value *left, const mdm_value *right)
{
    /* One of the two is the fleet's, and the fleet knows all its members. */
    if (kind == MDM_SET && (left->set.n_unknown > 0 || left->set.mask != right->set.mask)) {
        return false;
    }
    return mdm_value_order(kind, left, right) == 0;
}

bool mdm_set_within(const mdm_set *inner, const mdm_set *outer)
{
    uint32_t o = 0;
    if (inner->n_unknown > 0 || inner->n > outer->n || (inner->mask & ~outer->mask) != 0) {
        return false;
    }
    for (uint32_t i = 0; i < inner->n; i++, o++) {
        while (o < outer->n && outer->at[o] < inner->at[i]) {
            o++;
        }
        if (o == outer->n || outer->at[o] != inner->at[i]) {
            return false;
        }
    }
    return true;
}

bool mdm_version_reaches(const mdm_version *source, const mdm_version *target)
{
    return source->major_part == target->major_part && source->minor_part <= target->minor_part;
}
