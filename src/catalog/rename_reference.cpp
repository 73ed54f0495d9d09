#include "catalog/rename_reference.hpp"

#include <algorithm>
#include <array>

namespace fairlead::catalog {
namespace {

namespace json = boost::json;

bool is_location(std::string_view member) {
    static constexpr std::array kMembers{"location", "locations", "source", "sources", "target",
                                         "targets",  "from",      "to"};
    return std::ranges::find(kMembers, member) != kMembers.end();
}

class Renamer {
  public:
    Renamer(const Reference& renamed, std::string_view new_name)
        : kind_(renamed.kind), old_(name_key(renamed.name)), new_(new_name) {}

    void walk(json::value& value, std::string_view member) const {
        if (auto* object = value.if_object()) {
            for (auto& [key, inner] : *object)
                walk(inner, key);
        } else if (auto* items = value.if_array()) {
            for (auto& item : *items)
                walk(item, member);
        } else if (auto* text = value.if_string()) {
            const std::string_view whole(*text);
            const auto colon = whole.find(':');
            const bool names_it = member == to_string(kind_) || (kind_ == Kind::flow && member == "after");
            if (names_it && name_key(whole) == old_)
                *text = new_;
            else if (kind_ == Kind::connection && is_location(member) && colon != std::string_view::npos &&
                     name_key(whole.substr(0, colon)) == old_)
                *text = new_ + std::string(whole.substr(colon));
        }
    }

    bool is_old(const Reference& reference) const {
        return reference.kind == kind_ && name_key(reference.name) == old_;
    }

  private:
    Kind kind_;
    std::string old_;
    std::string new_;
};

}  // namespace

void rename_reference(Resource& user, const Reference& renamed, std::string_view new_name) {
    const Renamer renamer(renamed, new_name);
    for (auto& [key, value] : user.definition)
        renamer.walk(value, key);
    for (auto& reference : user.references)
        if (renamer.is_old(reference)) reference.name = new_name;
}

}  // namespace fairlead::catalog
