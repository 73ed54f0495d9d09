#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "catalog/resource.hpp"
#include "store/store.hpp"
#include "support/temporary_folder.hpp"

namespace fairlead::store {
namespace {

catalog::Resource resource_of(std::int64_t number, std::int64_t revision, const std::string& id) {
    catalog::Resource resource;
    resource.name = "c" + std::to_string(number);
    resource.record.id = id;
    resource.record.project = "default";
    resource.record.revision = revision;
    resource.definition["host"] = std::string(static_cast<std::size_t>(200 + number % 50), 'h');
    resource.sealed["password"] = std::string(64, '\x07');
    return resource;
}

/// Makes and changes things, two in each transaction, until it is killed; says after each that it was kept.
[[noreturn]] void write_for_ever(const std::string& path, int kept) {
    const auto store = open(path);
    for (std::int64_t number = 0;; ++number) {
        const auto id = catalog::make_id();
        const ResourceChange changes[] = {{Change::create, resource_of(number, 1, id), {"password"}},
                                          {Change::update, resource_of(number, 2, id), {"password"}}};
        store->resources().apply(changes, "test");
        if (::write(kept, "+", 1) != 1) ::_exit(0);
    }
}

std::string first_line_of(const std::string& path, const char* sql) {
    sqlite3* database = nullptr;
    sqlite3_open(path.c_str(), &database);
    std::string line;
    sqlite3_exec(
        database, sql,
        [](void* into, int, char** values, char**) {
            *static_cast<std::string*>(into) = values[0] != nullptr ? values[0] : "";
            return 0;
        },
        &line, nullptr);
    sqlite3_close(database);
    return line;
}

TEST(SqliteStore, is_whole_and_has_all_that_was_kept_when_its_writer_is_killed) {
    const test::TemporaryFolder folder;
    for (int round = 0; round < 8; ++round) {
        const auto path = (folder / ("store" + std::to_string(round) + ".db")).string();
        int pipe_ends[2];
        ASSERT_EQ(::pipe(pipe_ends), 0);
        const pid_t writer = ::fork();
        if (writer == 0) {
            ::close(pipe_ends[0]);
            write_for_ever(path, pipe_ends[1]);
        }
        ::close(pipe_ends[1]);
        std::size_t kept = 0;
        char byte = 0;
        const std::size_t until = 3 + static_cast<std::size_t>(round) * 7;
        while (kept < until && ::read(pipe_ends[0], &byte, 1) == 1)
            ++kept;
        ::kill(writer, SIGKILL);
        while (::read(pipe_ends[0], &byte, 1) == 1)
            ++kept;  // what it said before it died
        int status = 0;
        ::waitpid(writer, &status, 0);
        ::close(pipe_ends[0]);
        ASSERT_TRUE(WIFSIGNALED(status));

        EXPECT_EQ(first_line_of(path, "PRAGMA integrity_check"), "ok");
        const auto store = open(path);
        const auto all = store->resources().list({});
        EXPECT_GE(all.size(), kept);
        EXPECT_LE(all.size(), kept + 1);
        for (const auto& resource : all) {
            EXPECT_EQ(resource.record.revision, 2);  // both changes of a transaction, or none
            EXPECT_EQ(resource.sealed.size(), 1u);
            EXPECT_EQ(store->resources().revisions(resource.record.id).size(), 2u);
        }
    }
}

}  // namespace
}  // namespace fairlead::store
