#pragma once

#include <boost/json/object.hpp>
#include <span>

#include "catalog/connection.hpp"
#include "catalog/resource.hpp"

/// What is different from kind to kind, in one table: whatever works on resources of any kind asks it.
namespace fairlead::catalog {

struct KindRow {
    Kind kind;
    /// Checks what stands in a resource, and gives it in the form that the store keeps, with what it uses as far as
    /// its fields tell. Its record and its sealed secrets stay.
    Resource (*checked)(Resource resource, Verdict& verdict);
    /// As it is shown: its fields and its record, never a secret.
    boost::json::object (*document)(const Resource& resource);
    /// Lays JSON members over its fields, with name, enabled and tags; one set to null gets its default. What is wrong
    /// is added to `faults`. Absent: a change of it needs more than fields (service::Connections, service::Variables).
    Resource (*laid)(const Resource& base, const boost::json::object& fields, std::vector<Fault>& faults) = nullptr;
    /// The members that `laid` passes over, because they are kept sealed.
    std::span<const std::string_view> secrets = {};
    bool has_fixed_name = false;  ///< others name it in texts that nobody can follow
};

/// In the order in which they can be made: what is used before what uses it. Projects and tokens are not among them.
std::span<const KindRow> kind_rows() noexcept;
/// Throws Error{unsupported} for a kind without a row.
const KindRow& row_of(Kind kind);

}  // namespace fairlead::catalog
