#pragma once

#include <set>

#include "bundle/draft.hpp"
#include "fairlead/error.hpp"
#include "fuzz.hpp"

namespace fairlead {

/// What every importer promises.
template <class Read>
void promise_of_drafts(Read read) {
    try {
        std::set<std::string> names;
        for (const auto& draft : read().drafts) {
            PROMISE(catalog::is_connection_name(draft.name));
            PROMISE(names.insert(bundle::lower(draft.name)).second);
            std::vector<Fault> faults;
            (void)catalog::apply(catalog::Connection{}, draft.fields, faults);
        }
    } catch (const Error& error) {
        PROMISE(error.code == ErrorCode::invalid_argument);
    }
}

}  // namespace fairlead
