// Flows as they are stored: fields, faults and defaults; templates of paths.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "base/quantity.hpp"
#include "catalog/flow.hpp"
#include "catalog/flow_resource.hpp"
#include "catalog/path_template.hpp"

namespace fairlead::catalog {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Flow flow_from(std::string_view text, Flow base = {}) {
    std::vector<Fault> faults;
    auto flow = apply(std::move(base), boost::json::parse(text).as_object(), faults);
    for (const auto& fault : faults)
        ADD_FAILURE() << fault.field << " " << fault.problem;
    flow.name = "f";
    return flow;
}

std::vector<std::string> fields_of(const std::vector<Fault>& faults) {
    std::vector<std::string> fields;
    for (const auto& fault : faults)
        fields.push_back(fault.field);
    return fields;
}

TEST(FlowFields, every_fault_is_told_at_once_by_its_full_name) {
    std::vector<Fault> faults;
    const auto document = boost::json::parse(R"({"source":{"patterns":[1],"afterwards":"burn","settle":"soon"},
        "targets":[{"ifExists":"maybe"},{"chekcsum":true}],"limits":{"parallel":0},"colour":"red"})");
    apply({}, document.as_object(), faults);
    EXPECT_THAT(fields_of(faults), ::testing::UnorderedElementsAre("source.patterns", "source.afterwards", "source.settle",
                                                                   "targets[0].ifExists", "targets[1].chekcsum",
                                                                   "limits.parallel", "colour"));
    EXPECT_THAT(faults, Contains(Field(&Fault::problem, HasSubstr("did you mean checksum"))));
}

TEST(FlowFields, objects_are_laid_over_each_other_lists_replaced_and_null_is_the_default) {
    const auto first = flow_from(R"({"source":{"connection":"p","path":"/in","settle":"1h30m"},"targets":[{"path":"/a/"}]})");
    const auto second = flow_from(R"({"source":{"recursive":true,"settle":null},"targets":[{"path":"/b/"},{"path":"/c/"}]})", first);
    EXPECT_EQ(second.source.connection, "p");
    EXPECT_EQ(second.source.path, "/in");
    EXPECT_TRUE(second.source.recursive);
    EXPECT_EQ(second.source.settle.count(), 0);
    EXPECT_THAT(second.targets, SizeIs(2));
    EXPECT_EQ(second.targets[0].name, "local");
    EXPECT_EQ(second.targets[1].name, "local-2");
}

TEST(FlowFields, what_is_written_is_read_back_the_same) {
    auto flow = flow_from(R"({"description":"d","tags":["a"],"source":{"connection":"p","minSize":"1K","settle":90,
        "afterwards":"move","moveTo":"done/{date}"},"targets":[{"connection":"q","path":"/x/{name}","checksum":"true"}],
        "retry":{"attempts":3,"wait":"250ms","longestWait":"1d2h","factor":3,"jitter":0,"errors":["timeout","incomplete"]},"limits":{"files":10},"zone":"Europe/Berlin"})");
    EXPECT_THAT(validate(flow), IsEmpty());
    const auto again = flow_of(resource_of(flow));
    EXPECT_EQ(fields_to_json(again), fields_to_json(flow));
    EXPECT_EQ(again.source.min_size, 1024u);
    EXPECT_EQ(again.retry.longest_wait, std::chrono::hours(26));
    EXPECT_THAT(resource_of(flow).references, ElementsAre(Reference{Kind::connection, "p"}, Reference{Kind::connection, "q"}));
}

TEST(FlowFields, what_can_never_pass_is_no_reason_to_try_again) {
    const auto flow = flow_from(R"({"targets":[{"path":"/x/"}],"source":{"path":"/y"},
        "retry":{"wait":"2m","errors":["timeout","conection_lost","authentication_failed","not_found"]}})");
    const auto faults = validate(flow);
    EXPECT_THAT(fields_of(faults), ElementsAre("retry.wait", "retry.errors", "retry.errors", "retry.errors"));
    EXPECT_EQ(faults.at(1).value, "conection_lost");
    EXPECT_THAT(faults.at(1).problem, ::testing::HasSubstr("did you mean connection_lost?"));
    EXPECT_THAT(faults.at(2).problem, ::testing::HasSubstr("those are name_not_resolved, connection_refused"));
}

TEST(FlowFields, what_does_not_go_together_is_refused) {
    auto flow = flow_from(R"({"source":{"path":"relative","marker":"done","afterwards":"move"},
        "targets":[{"name":"a","path":"/{what}/"},{"name":"A","path":"../up","connection":"p"}]})");
    EXPECT_THAT(fields_of(validate(flow)),
                ::testing::UnorderedElementsAre("source.path", "source.marker", "source.moveTo", "targets[0].path",
                                                "targets[1].path", "targets[1].name"));
    EXPECT_THAT(fields_of(validate(flow_from("{}"))), Contains("targets"));
}

TemplateValues values() {
    TemplateValues values;
    values.name = "report.tar.gz";
    values.directory = "a/b";
    values.now = parse_rfc3339("2026-03-01T23:30:05Z");
    values.counter = 42;
    values.flow = "daily";
    return values;
}

TEST(PathTemplate, places_are_filled_in) {
    EXPECT_EQ(fill_template("{flow}/{directory}/{stem}-{counter:6}{extension}", values()), "daily/a/b/report.tar-000042.gz");
    EXPECT_EQ(fill_template("{date}T{time} {date:%Y/%m/%d}", values()), "20260301T233005 2026/03/01");
    EXPECT_EQ(fill_template("{{{name}}}", values()), "{report.tar.gz}");
}

TEST(PathTemplate, dates_are_those_of_the_zone) {
    auto berlin = values();
    berlin.zone = "Europe/Berlin";
    EXPECT_EQ(fill_template("{date} {time}", berlin), "20260302 003005");
}

TEST(PathTemplate, what_is_malformed_says_how) {
    EXPECT_THAT(problem_of_template("a{nme}"), HasSubstr("{nme}"));
    EXPECT_THAT(problem_of_template("a{name"), HasSubstr("without its }"));
    EXPECT_THAT(problem_of_template("a}"), HasSubstr("without its {"));
    EXPECT_THAT(problem_of_template("{date:%Q}"), HasSubstr("%Q"));
    EXPECT_THAT(problem_of_template("{counter:x}"), HasSubstr("digits"));
    EXPECT_EQ(problem_of_template("/in/{stem}{extension}"), "");
    EXPECT_THROW(fill_template("{modified}", values()), Error);
}

}  // namespace
}  // namespace fairlead::catalog
