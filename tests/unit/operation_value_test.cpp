// The value of an operation: its fields, what does not go together, and where it leads with its properties.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "catalog/operation.hpp"
#include "catalog/operation_resource.hpp"

namespace fairlead::catalog {
namespace {

namespace json = boost::json;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

Operation make(std::string_view fields) {
    std::vector<Fault> faults;
    auto operation = apply(Operation{}, json::parse(fields).as_object(), faults);
    for (const auto& fault : faults)
        ADD_FAILURE() << fault.field << " " << fault.problem;
    if (operation.name.empty()) operation.name = "o";
    if (operation.connection.empty()) operation.connection = "p";
    return operation;
}
std::vector<std::string> faults_of(std::string_view fields) {
    std::vector<Fault> faults;
    auto operation = apply(Operation{}, json::parse(fields).as_object(), faults);
    if (operation.name.empty()) operation.name = "o";
    if (operation.connection.empty()) operation.connection = "p";
    for (auto& fault : validate(operation))
        faults.push_back(std::move(fault));
    std::vector<std::string> fields_at_fault;
    for (const auto& fault : faults)
        fields_at_fault.push_back(fault.field);
    return fields_at_fault;
}
std::string leads_to(std::string_view fields, const Properties& properties = {}) {
    return remote_target(with_properties(make(fields), properties)).path();
}

TEST(OperationValue, every_field_goes_through_json_and_the_store_unchanged) {
    const auto operation = make(R"({"name":"n","description":"d","enabled":false,"tags":["t"],"action":"query",
        "connection":"p","remoteDirectory":"/in","transferFormat":"ascii","deleteAfter":true,
        "failIfUnableToDelete":true,"maximumCount":3,"followLinks":true,"recursive":true,"sort":"time-desc",
        "filter":{"field":"fileName","operator":"wildcard","value":"*"},"retries":2,
        "retryWait":"1s","retryLongestWait":"1m","retryFactor":1,"retryJitter":10,"retryErrors":["timeout"]})");
    EXPECT_THAT(validate(operation), IsEmpty());
    const auto back = operation_of(resource_of(operation));
    EXPECT_EQ(fields_to_json(back), fields_to_json(operation));
    EXPECT_EQ(resource_of(operation).references.front().name, "p");
}

TEST(OperationValue, a_maximum_of_none_is_an_error) {
    EXPECT_THAT(faults_of(R"({"action":"query","maximumCount":0})"), ElementsAre("maximumCount"));
    EXPECT_THAT(faults_of(R"({"action":"query","maximumCount":-2})"), ElementsAre("maximumCount"));
    EXPECT_THAT(faults_of(R"({"action":"list","maximumCount":-1})"), IsEmpty());
    EXPECT_THAT(faults_of(R"({"action":"list","maximumCount":"7"})"), IsEmpty());
}

TEST(OperationValue, mistakes_are_all_named) {
    EXPECT_THAT(faults_of(R"({"action":"read","ifExists":"maybe","transferFormat":"ebcdic","enabled":7,"fliter":1})"),
                UnorderedElementsAre("action", "ifExists", "transferFormat", "enabled", "fliter"));
    EXPECT_THAT(faults_of(R"({"action":"delete","recursive":true})"), ElementsAre("recursive"));
    EXPECT_THAT(faults_of(R"({"action":"get","deleteAfter":true,"moveAfter":"x"})"), ElementsAre("moveAfter"));
    EXPECT_THAT(faults_of(R"({"action":"create","remoteDirectory":"a\r\nDELE b"})"), ElementsAre("remoteDirectory"));
    EXPECT_THAT(faults_of(R"({"action":"move","ifExists":"append"})"), ElementsAre("ifExists"));
    EXPECT_THAT(faults_of(R"({"action":"list","sort":"colour"})"), ElementsAre("sort"));
    EXPECT_THAT(faults_of(R"({"action":"list","retryErrors":["authentication_failed"],"retryWait":"2m"})"),
                UnorderedElementsAre("retryWait", "retryErrors"));
    EXPECT_THAT(faults_of(R"({"action":"list","retryFactor":0,"retryJitter":101,"retryWait":"soon"})"),
                UnorderedElementsAre("retryFactor", "retryJitter", "retryWait"));
}

TEST(OperationValue, the_words_of_others_for_existing_files_are_understood) {
    EXPECT_EQ(make(R"({"action":"create","ifExists":"Create unique name"})").if_exists, "rename");
    EXPECT_EQ(make(R"({"action":"create","ifExists":"Generate error"})").if_exists, "fail");
    EXPECT_EQ(make(R"({"action":"create"})").existing_policy(), "fail");
    EXPECT_EQ(make(R"({"action":"upsert"})").existing_policy(), "overwrite");
}

TEST(OperationPaths, a_property_wins_over_the_operation_and_an_absolute_name_over_both) {
    constexpr auto kCreate = R"({"action":"create","remoteDirectory":"/a"})";
    EXPECT_EQ(leads_to(kCreate, {{"File Name", "f.txt"}}), "/a/f.txt");
    EXPECT_EQ(leads_to(kCreate, {{"File Name", "f.txt"}, {"Remote Directory", "/b"}}), "/b/f.txt");
    EXPECT_EQ(leads_to(kCreate, {{"fileName", "f.txt"}, {"Remote Directory", " \t"}}), "/a/f.txt");
    EXPECT_EQ(leads_to(kCreate, {{"File Name", "/x/y/f.txt"}, {"remoteDirectory", "/b"}}), "/x/y/f.txt");
    EXPECT_EQ(leads_to(kCreate, {{"File Name", "b/c/f.txt"}}), "/a/b/c/f.txt");
    EXPECT_EQ(leads_to(R"({"action":"get","remoteDirectory":"/aaa/bbb"})", {{"ID", "ccc/ddd"}}), "/aaa/bbb/ccc/ddd");
    EXPECT_EQ(leads_to(R"({"action":"get","remoteDirectory":" in/ "})", {{"ID", "x"}}), "/in/x");
    EXPECT_EQ(leads_to(R"({"action":"get"})", {{"ID", "x/"}}), "/x");
    EXPECT_EQ(leads_to(R"({"action":"list","remoteDirectory":"in"})"), "/in");
    EXPECT_EQ(leads_to(R"({"action":"query"})", {{"Remote Directory", "/q"}}), "/q");
}

TEST(OperationPaths, a_blank_name_is_an_error_even_where_the_operation_has_one) {
    EXPECT_THROW(leads_to(R"({"action":"create"})"), Error);
    EXPECT_THROW(leads_to(R"({"action":"create","fileName":"a"})", {{"File Name", "  "}}), Error);
    EXPECT_EQ(leads_to(R"({"action":"create","fileName":"a"})"), "/a");
    EXPECT_THROW(leads_to(R"({"action":"get"})", {{"ID", "/"}}), Error);
    EXPECT_THROW(leads_to(R"({"action":"delete"})", {{"ID", "a/.."}}), Error);
    EXPECT_THROW(leads_to(R"({"action":"delete"})", {{"ID", "../../etc/passwd"}}), Error);
    EXPECT_THROW(leads_to(R"({"action":"delete"})", {{"ID", "a\r\nQUIT"}}), Error);
}

TEST(OperationPaths, staging_is_below_the_working_directory_and_not_for_append) {
    const auto create = make(R"({"action":"create","fileName":"f","remoteDirectory":"/a","stagingDirectory":"stage","temporaryExtension":".tmp"})");
    EXPECT_EQ(staging_of(create), "/stage");
    EXPECT_EQ(temporary_extension_of(create), "tmp");
    EXPECT_EQ(staging_of(with_properties(create, {{"Staging Directory", "/s2"}})), "/s2");
    const auto append = with_properties(create, {{"ifExists", "append"}});
    EXPECT_EQ(staging_of(append), "");
    EXPECT_EQ(temporary_extension_of(append), "");
}

TEST(OperationPaths, what_other_operations_left_in_the_properties_does_no_harm) {
    const Properties carried{{"File Name", "a"}, {"Timestamp", "2026-01-01 00:00:00.000"}, {"size", "3"}, {"filter", "x"}};
    EXPECT_EQ(leads_to(R"({"action":"delete"})", carried), "/a");
}

TEST(OperationPaths, move_needs_another_place) {
    const auto move = [](std::string_view fields) { return move_target(make(fields)).path(); };
    EXPECT_EQ(move(R"({"action":"move","fileName":"in/a","targetDirectory":"done"})"), "/done/a");
    EXPECT_EQ(move(R"({"action":"move","fileName":"in/a","targetName":"b"})"), "/in/b");
    EXPECT_EQ(move(R"({"action":"move","fileName":"in/a","targetDirectory":"/x","targetName":"b"})"), "/x/b");
    EXPECT_THROW(move(R"({"action":"move","fileName":"in/a"})"), Error);
}

}  // namespace
}  // namespace fairlead::catalog
