#pragma once

#include <boost/json/object.hpp>
#include <concepts>
#include <initializer_list>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catalog/field_json.hpp"

namespace fairlead::catalog {

/// Reads the members of an object into the fields of the same name, for values whose fields `for_each_field` visits.
/// null gives a field its default; else `read(field, value, member)` is asked.
template <class Value, class Read>
class FieldReader {
  public:
    /// The object must outlive it.
    FieldReader(const boost::json::object& object, Read read) : object_(object), read_(std::move(read)) {}

    template <class Field, class Member>
    void operator()(const Field& field, Member& member) {
        known_.emplace(field.name);
        const auto* value = object_.if_contains(field.name);
        if (value == nullptr) return;
        if (value->is_null())
            reset<Field>(field.name, member);
        else
            read_(field, *value, member);
    }

    /// Adds a fault for every member that is no field, nor among `others` or the members of a record.
    void refuse_unknown(std::initializer_list<std::string_view> others, std::vector<Fault>& faults) {
        known_.insert(others.begin(), others.end());
        for (const auto& [key, value] : object_)
            if (is_record_member(key)) known_.emplace(std::string_view(key));
        catalog::refuse_unknown(object_, "", known_, faults);
    }

  private:
    template <class Field, class Member>
    static void reset(std::string_view name, Member& member) {
        static const Value defaults;
        for_each_field(defaults, [&]<class Default>(const Field& field, const Default& fallback) {
            if constexpr (std::same_as<Member, Default>)
                if (field.name == name) member = fallback;
        });
    }

    const boost::json::object& object_;
    Read read_;
    std::set<std::string, std::less<>> known_;
};

}  // namespace fairlead::catalog
