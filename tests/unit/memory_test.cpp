#include "remote/memory_file_system.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/run.hpp"

namespace fairlead {
namespace {

class Memory : public testing::Test {
  protected:
    void write(FileSystem& where, const std::string& path, std::string_view text, WriteOptions options = {}) {
        const auto task = [&]() -> awaitable<void> {
            const auto stream = co_await where.open_write(path, options);
            co_await stream->write(std::as_bytes(std::span(text)));
            co_await stream->finish();
        };
        loop.run(task());
    }

    test::Loop loop;
    std::shared_ptr<MemoryStore> store = std::make_shared<MemoryStore>();
    MemoryFileSystem files{store};
};

TEST_F(Memory, capacity_is_given_back_by_removing_and_emptying) {
    store->capacity = 10;
    write(files, "/a", "1234567890");
    EXPECT_THROW(write(files, "/b", "x"), Error);
    write(files, "/a", "12345");
    write(files, "/b", "12345");
    loop.run(files.remove("/a"));
    write(files, "/c", "12345");
    EXPECT_EQ(store->get("/c"), "12345");
}

TEST_F(Memory, abilities_that_were_taken_away_are_refused) {
    Abilities none;
    none.rename = false;
    MemoryFileSystem poor(store, none);
    store->put("/a", "x");
    EXPECT_THROW(loop.run(poor.rename("/a", "/b", true)), Error);
    EXPECT_THROW(loop.run(poor.set_mode("/a", 0600)), Error);
    EXPECT_THROW(loop.run(poor.checksum("/a", ChecksumAlgorithm::md5)), Error);
    WriteOptions appending;
    appending.mode = WriteOptions::Mode::append;
    EXPECT_THROW(loop.run(poor.open_write("/a", appending)), Error);
    EXPECT_EQ(store->get("/a"), "x");
}

TEST_F(Memory, a_loop_of_links_is_not_found_rather_than_endless) {
    store->link("/a", "/b");
    store->link("/b", "/a");
    EXPECT_THROW(loop.run(files.open_read("/a", {})), Error);
    EXPECT_EQ(loop.run(files.stat("/a")).type, EntryType::symlink);
}

TEST_F(Memory, a_directory_that_changes_while_it_is_listed_is_listed_on) {
    for (int i = 100; i < 400; ++i)
        store->put("/f" + std::to_string(i), "");
    const auto listing = loop.run(files.list("/"));
    std::size_t count = loop.run(listing->next()).size();
    loop.run(files.remove("/f100"));
    for (;;) {
        const auto batch = loop.run(listing->next());
        if (batch.empty()) break;
        count += batch.size();
    }
    EXPECT_EQ(count, 300u);
}

}  // namespace
}  // namespace fairlead
