#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "fairlead/error.hpp"
#include "store/store.hpp"
#include "support/postgres.hpp"
#include "support/temporary_folder.hpp"

namespace fairlead::store {

/// One suite for both engines: each test gets a fresh store, which may be opened several times, as several
/// programs do.
class AnyStore : public ::testing::TestWithParam<std::string> {
  protected:
    AnyStore() {
        if (GetParam() == "postgres") database_ = std::make_unique<test::PostgresDatabase>();
        where_ = database_ ? database_->url() : (folder_ / "fairlead.db").string();
        store_ = open(where_);
    }

    const std::string& where() const { return where_; }
    Store& store() { return *store_; }
    ResourceStore& resources() { return store_->resources(); }

    static catalog::Resource resource(const std::string& name, const std::string& project = "default",
                                      catalog::Kind kind = catalog::Kind::connection) {
        catalog::Resource made;
        made.kind = kind;
        made.name = name;
        made.record.id = catalog::make_id();
        made.record.project = project;
        made.record.revision = 1;
        made.record.created_by = made.record.updated_by = "alice";
        made.record.created_at = made.record.updated_at = Time(std::chrono::milliseconds(1'700'000'000'000));
        made.definition["host"] = "h";
        return made;
    }

    catalog::Resource insert(catalog::Resource made) {
        resources().apply({Change::create, made, {}}, "cli");
        return made;
    }
    catalog::Resource insert(const std::string& name) { return insert(resource(name)); }

    /// The same one, as it shall be after one more change.
    static catalog::Resource next(catalog::Resource before) {
        before.record.revision += 1;
        before.record.updated_by = "bob";
        before.record.updated_at += std::chrono::milliseconds(1000);
        return before;
    }

    template <class Work>
    static ErrorCode code_of(Work work) {
        try {
            work();
        } catch (const Error& error) {
            return error.code;
        }
        return ErrorCode::internal;
    }

  private:
    test::TemporaryFolder folder_;
    std::unique_ptr<test::PostgresDatabase> database_;
    std::string where_;
    std::unique_ptr<Store> store_;
};

}  // namespace fairlead::store
