#include "any_store.hpp"

#include <boost/json/serialize.hpp>

#include <thread>

namespace fairlead::store {
namespace {

using catalog::Kind;
using catalog::Resource;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Order = ResourceQuery::Order;

class ResourceStoreTest : public AnyStore {
  protected:
    std::vector<std::string> listed(const ResourceQuery& query) {
        std::vector<std::string> names;
        for (const auto& found : resources().list(query))
            names.push_back(found.name);
        return names;
    }
};

INSTANTIATE_TEST_SUITE_P(, ResourceStoreTest, ::testing::Values("sqlite", "postgres"),
                         [](const auto& info) { return info.param; });

TEST_P(ResourceStoreTest, everything_comes_back_as_it_was_stored) {
    auto made = resource("My-FTP ğ'\"\\");
    made.enabled = false;
    made.tags = {"b", "a,\"}", "ü"};
    made.definition = {{"z", 1}, {"a", {{"deep", {1, 2.5, nullptr, "x\\u0000"}}}}, {"text", "it's $1 {}"}};
    made.sealed["password"] = std::string("\x01\0sealed\xff", 9);
    made.sealed["sftp.passphrase"] = "\\x41";
    made.references = {{Kind::variable, "Host"}, {Kind::variable, "user"}};
    insert(made);
    const auto found = resources().find(Kind::connection, "default", "my-ftp ğ'\"\\");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->name, made.name);
    EXPECT_EQ(found->record.id, made.record.id);
    EXPECT_EQ(found->record.revision, 1);
    EXPECT_EQ(found->record.created_at, made.record.created_at);
    EXPECT_EQ(found->record.created_by, "alice");
    EXPECT_FALSE(found->enabled);
    EXPECT_EQ(found->tags, made.tags);
    EXPECT_EQ(boost::json::serialize(found->definition), boost::json::serialize(made.definition));
    EXPECT_EQ(found->sealed, made.sealed);
    EXPECT_EQ(found->references, made.references);
    const auto by_id = resources().find(made.record.id);
    ASSERT_TRUE(by_id);
    EXPECT_EQ(by_id->name, made.name);
    EXPECT_EQ(by_id->sealed, made.sealed);
}

TEST_P(ResourceStoreTest, a_name_is_unique_in_kind_and_project_without_regard_to_case) {
    insert("MyFTP");
    EXPECT_EQ(code_of([&] { insert("myftp"); }), ErrorCode::already_exists);
    insert(resource("MyFTP", "other"));
    insert(resource("MyFTP", "default", Kind::variable));
    EXPECT_FALSE(resources().find(Kind::connection, "third", "MyFTP"));
    auto second = next(insert("second"));
    second.name = "MYFTP";
    EXPECT_EQ(code_of([&] {
                  resources().apply({Change::rename, second, {}}, "cli");
              }),
              ErrorCode::already_exists);
    EXPECT_TRUE(resources().find(Kind::connection, "default", "second"));
}

TEST_P(ResourceStoreTest, a_stale_change_is_a_conflict_and_changes_nothing) {
    const auto made = insert("a");
    auto first = next(made), second = next(made);
    first.definition["host"] = "first";
    second.definition["host"] = "second";
    resources().apply({Change::update, first, {}}, "cli");
    EXPECT_EQ(code_of([&] { resources().apply({Change::update, second, {}}, "cli"); }), ErrorCode::conflict);
    EXPECT_EQ(code_of([&] { resources().apply({Change::remove, made, {}}, "cli"); }), ErrorCode::conflict);
    EXPECT_EQ(resources().find(made.record.id)->definition.at("host"), "first");
    EXPECT_EQ(resources().revisions(made.record.id).size(), 2u);
}

TEST_P(ResourceStoreTest, several_changes_are_stored_all_or_none) {
    const auto taken = insert("taken");
    const std::vector<ResourceChange> changes{{Change::create, resource("new"), {}},
                                              {Change::update, next(taken), {}},
                                              {Change::create, resource("TAKEN"), {}}};
    EXPECT_EQ(code_of([&] { resources().apply(changes, "cli"); }), ErrorCode::already_exists);
    EXPECT_FALSE(resources().find(Kind::connection, "default", "new"));
    EXPECT_EQ(resources().find(taken.record.id)->record.revision, 1);
    EXPECT_EQ(resources().revisions(taken.record.id).size(), 1u);
}

TEST_P(ResourceStoreTest, revisions_tell_what_was_done_and_outlive_the_resource) {
    auto made = resource("a");
    made.sealed["password"] = "sealed";
    resources().apply({Change::create, made, {"password"}}, "cli");
    auto after = next(made);
    after.name = "b";
    after.definition["host"] = "elsewhere";
    after.tags = {"t"};
    resources().apply({Change::rename, after, {}}, "api");
    resources().apply({Change::remove, after, {}}, "cli");
    EXPECT_FALSE(resources().find(made.record.id));
    const auto revisions = resources().revisions(made.record.id);
    ASSERT_EQ(revisions.size(), 3u);
    EXPECT_EQ(revisions[0].change, Change::create);
    EXPECT_THAT(revisions[0].changed_secrets, ElementsAre("password"));
    EXPECT_TRUE(revisions[0].resource.sealed.empty());
    EXPECT_EQ(revisions[1].number, 2);
    EXPECT_EQ(revisions[1].change, Change::rename);
    EXPECT_EQ(revisions[1].resource.name, "b");
    EXPECT_EQ(revisions[1].resource.definition.at("host"), "elsewhere");
    EXPECT_THAT(revisions[1].resource.tags, ElementsAre("t"));
    EXPECT_EQ(revisions[1].resource.record.updated_by, "bob");
    EXPECT_EQ(revisions[1].resource.record.updated_at, after.record.updated_at);
    EXPECT_EQ(revisions[2].number, 3);
    EXPECT_EQ(revisions[2].change, Change::remove);
    insert("b");  // the name is free again
}

TEST_P(ResourceStoreTest, an_update_replaces_secrets_and_references) {
    auto made = resource("a");
    made.sealed = {{"password", "1"}, {"tls.key", "2"}};
    made.references = {{Kind::variable, "host"}};
    insert(made);
    auto after = next(made);
    after.sealed = {{"password", "3"}};
    after.references = {{Kind::variable, "other"}};
    resources().apply({Change::update, after, {"password"}}, "cli");
    const auto found = resources().find(made.record.id);
    EXPECT_EQ(found->sealed, after.sealed);
    EXPECT_EQ(found->references, after.references);
}

TEST_P(ResourceStoreTest, a_list_is_filtered_ordered_and_paged) {
    std::int64_t at = 1'000;
    for (const auto* name : {"delta", "Alpha", "charlie", "bravo", "_first", "echo"}) {
        auto made = resource(name, std::string(name) == "echo" ? "other" : "default");
        made.record.created_at = Time(std::chrono::milliseconds(at += 10));
        made.record.updated_at = Time(std::chrono::milliseconds(100'000 - at));
        made.enabled = std::string(name) != "bravo";
        if (std::string(name) == "charlie") made.tags = {"x", "y"};
        insert(made);
    }
    ResourceQuery query;
    query.projects = {"default"};
    EXPECT_THAT(listed(query), ElementsAre("_first", "Alpha", "bravo", "charlie", "delta"));
    query.order = Order::created;
    EXPECT_THAT(listed(query), ElementsAre("delta", "Alpha", "charlie", "bravo", "_first"));
    query.order = Order::updated;
    EXPECT_THAT(listed(query), ElementsAre("_first", "bravo", "charlie", "Alpha", "delta"));
    query.descending = true;
    EXPECT_THAT(listed(query), ElementsAre("delta", "Alpha", "charlie", "bravo", "_first"));
    EXPECT_THAT(listed({.projects = {"other", "default"}, .text = "E"}),
                ElementsAre("charlie", "delta", "echo"));
    EXPECT_THAT(listed({.tag = "y"}), ElementsAre("charlie"));
    EXPECT_THAT(listed({.tag = "z"}), ElementsAre());
    EXPECT_THAT(listed({.projects = {"default"}, .enabled = false}), ElementsAre("bravo"));
    EXPECT_THAT(listed({.kind = Kind::operation}), ElementsAre());
    EXPECT_THAT(resources().names(Kind::connection, "default"),
                ElementsAre("_first", "Alpha", "bravo", "charlie", "delta"));
}

TEST_P(ResourceStoreTest, pages_give_each_one_once_in_every_order) {
    for (int i = 0; i < 23; ++i) {
        auto made = resource("c" + std::to_string(i), i % 3 == 0 ? "other" : "default");
        made.record.created_at = Time(std::chrono::milliseconds(1'000 + i / 4));  // several of one moment
        insert(made);
    }
    for (const auto order : {Order::name, Order::created, Order::updated})
        for (const bool descending : {false, true})
            for (const auto& projects : {std::vector<std::string>{}, {"default"}, {"default", "other"}}) {
                ResourceQuery query{.projects = projects, .order = order, .descending = descending};
                const auto all = listed(query);
                ASSERT_EQ(all.size(), projects.size() == 1 ? 15u : 23u);
                query.limit = 5;
                std::vector<std::string> paged;
                for (;;) {
                    const auto page = resources().list(query);
                    for (const auto& found : page)
                        paged.push_back(found.name);
                    if (page.size() < query.limit) break;
                    query.after = cursor_of(page.back(), order);
                }
                EXPECT_EQ(paged, all);
            }
    EXPECT_EQ(code_of([&] { listed({.after = "nonsense"}); }), ErrorCode::invalid_argument);
    EXPECT_EQ(code_of([&] { listed({.order = Order::created, .after = "x/y"}); }),
              ErrorCode::invalid_argument);
}

TEST_P(ResourceStoreTest, what_uses_a_thing_is_found_in_its_project_and_for_global_everywhere) {
    for (const auto* project : {"default", "other"}) {
        auto made = resource("user", project);
        made.references = {{Kind::variable, "HOST"}, {Kind::connection, "host"}};
        insert(made);
    }
    const auto users = resources().users_of(Kind::variable, "default", "host");
    ASSERT_EQ(users.size(), 1u);
    EXPECT_EQ(users[0].record.project, "default");
    EXPECT_EQ(resources().users_of(Kind::variable, "global", "Host").size(), 2u);
    EXPECT_TRUE(resources().users_of(Kind::variable, "third", "host").empty());
    EXPECT_TRUE(resources().users_of(Kind::operation, "default", "host").empty());
}

TEST_P(ResourceStoreTest, of_many_who_change_one_thing_at_once_none_is_overwritten) {
    constexpr int kThreads = 4, kChanges = 15;
    const auto made = insert("a");
    std::vector<std::string> failures(kThreads);
    std::vector<std::thread> threads;
    for (auto& failure : failures)
        threads.emplace_back([&] {
            try {
                const auto mine = open(where());
                for (int done = 0; done < kChanges;) {
                    auto after = next(*mine->resources().find(made.record.id));
                    auto* count = after.definition.if_contains("count");
                    after.definition["count"] = (count != nullptr ? count->as_int64() : 0) + 1;
                    try {
                        mine->resources().apply({Change::update, after, {}}, "cli");
                        ++done;
                    } catch (const Error& error) {
                        if (error.code != ErrorCode::conflict) throw;
                    }
                }
            } catch (const std::exception& error) {
                failure = error.what();
            }
        });
    for (auto& thread : threads)
        thread.join();
    EXPECT_THAT(failures, ::testing::Each(""));
    const auto found = resources().find(made.record.id);
    EXPECT_EQ(found->record.revision, 1 + kThreads * kChanges);
    EXPECT_EQ(found->definition.at("count"), kThreads * kChanges);
    EXPECT_EQ(resources().revisions(made.record.id).size(), 1u + kThreads * kChanges);
}

}  // namespace
}  // namespace fairlead::store
