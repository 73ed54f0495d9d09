#pragma once

#include <gtest/gtest.h>

#include "bundle/draft.hpp"

namespace fairlead::bundle {

/// The connection that a draft stands for.
inline catalog::Connection made(const Draft& draft) {
    std::vector<Fault> faults;
    auto connection = catalog::apply(catalog::Connection{}, draft.fields, faults);
    for (const auto& fault : faults)
        ADD_FAILURE() << fault.field << " " << fault.value << " " << fault.problem;
    connection.name = draft.name;
    return connection;
}

}  // namespace fairlead::bundle
