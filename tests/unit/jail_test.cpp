#include "remote/jail_file_system.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "remote/memory_file_system.hpp"
#include "remote/trace_file_system.hpp"
#include "support/run.hpp"

namespace fairlead {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

ErrorCode code_of(const std::function<void()>& call) {
    try {
        call();
    } catch (const Error& error) {
        return error.code;
    }
    ADD_FAILURE() << "nothing was thrown";
    return ErrorCode::internal;
}

TEST(Jail, paths_are_below_the_working_directory) {
    EXPECT_EQ(jailed_path("/in", "/a.txt"), "/in/a.txt");
    EXPECT_EQ(jailed_path("/in/", "a//b/../c"), "/in/a/c");
    EXPECT_EQ(jailed_path("/in", "/"), "/in");
    EXPECT_EQ(jailed_path("/", "/a"), "/a");
    EXPECT_EQ(jailed_path("/", "/"), "/");
}

TEST(Jail, a_relative_working_directory_is_below_the_log_in_directory) {
    EXPECT_EQ(jailed_path("in/x", "/a"), "in/x/a");
    EXPECT_EQ(jailed_path("~/in", "/a"), "in/a");
    for (const auto* home : {"", "~", ".", "~/"}) {
        EXPECT_EQ(jailed_path(home, "/a/b"), "a/b") << home;
        EXPECT_EQ(jailed_path(home, "/"), ".") << home;
    }
}

TEST(Jail, dots_cannot_leave_it) {
    for (const auto* path : {"..", "/..", "/a/../../b", "../in/a"})
        EXPECT_EQ(code_of([&] { jailed_path("/in", path); }), ErrorCode::outside_working_directory) << path;
}

TEST(Jail, control_bytes_never_get_through) {
    EXPECT_EQ(code_of([] { jailed_path("/in", "a\r\nDELE b"); }), ErrorCode::invalid_argument);
    EXPECT_EQ(code_of([] { jailed_path("/in", std::string_view("a\0b", 3)); }), ErrorCode::invalid_argument);
    EXPECT_EQ(code_of([] { jailed_path("/in\n", "/a"); }), ErrorCode::invalid_argument);
}

TEST(Jail, results_and_errors_are_in_the_callers_words) {
    test::Loop loop;
    const auto store = std::make_shared<MemoryStore>();
    store->put("/in/sub/a", "x");
    store->put("/secret", "x");
    const auto files = confine_to(std::make_unique<MemoryFileSystem>(store), "/in");
    EXPECT_EQ(loop.run(files->stat("/sub/a")).path, "/sub/a");
    const auto listing = loop.run(files->list("/sub"));
    EXPECT_EQ(loop.run(listing->next()).at(0).path, "/sub/a");
    try {
        loop.run(files->stat("/secret"));
        FAIL() << "it was found";
    } catch (const Error& error) {
        EXPECT_EQ(error.code, ErrorCode::not_found);
        EXPECT_EQ(error.path, "/secret");
        EXPECT_EQ(error.message.find("/in/"), std::string::npos) << error.message;
        EXPECT_NE(error.message.find("'/secret'"), std::string::npos) << error.message;
    }
    loop.run(files->rename("/sub/a", "/b", false));
    EXPECT_EQ(store->get("/in/b"), "x");
}

TEST(Trace, tells_each_operation_with_its_outcome) {
    class Notes final : public Observer {
      public:
        void note(std::string_view text) override { lines.emplace_back(text); }
        std::vector<std::string> lines;
    };
    test::Loop loop;
    Notes notes;
    const auto store = std::make_shared<MemoryStore>();
    store->put("/a", "12345");
    {
        const auto files = trace_operations(std::make_unique<MemoryFileSystem>(store), notes);
        const auto stream = loop.run(files->open_read("/a"));
        while (!loop.run(stream->read()).empty())
            continue;
        EXPECT_THROW(loop.run(files->stat("/gone")), Error);
    }
    EXPECT_THAT(notes.lines, ElementsAre(HasSubstr("read /a: 5 bytes"), HasSubstr("stat /gone: not_found")));
}

}  // namespace
}  // namespace fairlead
