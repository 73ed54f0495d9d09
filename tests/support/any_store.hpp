#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <memory>
#include <string>

#include "support/postgres.hpp"

namespace fairlead::test {

/// One suite for both engines, from outside: the programs that a test starts keep what they keep in SQLite, in their
/// data directories, or all in one PostgreSQL database of the test's own.
class OnAnyStore : public ::testing::TestWithParam<std::string> {
  protected:
    OnAnyStore() {
        if (GetParam() != "postgres") return;
        database_ = std::make_unique<PostgresDatabase>();
        ::setenv("FAIRLEAD_STORE", database_->url().c_str(), 1);
    }
    ~OnAnyStore() override { ::unsetenv("FAIRLEAD_STORE"); }

    static bool is_shared() { return GetParam() == "postgres"; }

    /// The environment of a Cli that shares nothing with the others.
    std::map<std::string, std::string> store_of_its_own() {
        if (!is_shared()) return {};
        other_ = std::make_unique<PostgresDatabase>();
        return {{"FAIRLEAD_STORE", other_->url()}};
    }

  private:
    std::unique_ptr<PostgresDatabase> database_, other_;
};

#define FAIRLEAD_ON_ANY_STORE(Suite)                                                 \
    INSTANTIATE_TEST_SUITE_P(, Suite, ::testing::Values("sqlite", "postgres"),       \
                             [](const auto& engine) { return std::string(engine.param); })

}  // namespace fairlead::test
