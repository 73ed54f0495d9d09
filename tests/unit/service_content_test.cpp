#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/this_coro.hpp>

#include "base/digest.hpp"
#include "base/run_together.hpp"
#include "remote/memory_file_system.hpp"
#include "service/content.hpp"
#include "support/run.hpp"
#include "support/temporary_folder.hpp"
#include "transfer/failure.hpp"

namespace fairlead::service {
namespace {

using test::noise;

std::string sha256(std::string_view text) {
    Digest digest(ChecksumAlgorithm::sha256);
    digest.add(std::as_bytes(std::span(text)));
    return digest.finish();
}

class ContentTest : public ::testing::Test {
  protected:
    struct Upload {
        transfer::TransferResult result;
        std::optional<Error> failure;
    };
    /// Uploads what `parts` hold; with `breaks` the channel fails after them.
    Upload upload_parts(UploadRequest request, std::vector<std::string> parts, bool breaks = false) {
        Upload outcome;
        loop_.run(run_upload(std::move(request), std::move(parts), breaks, outcome));
        return outcome;
    }
    awaitable<void> run_upload(UploadRequest request, std::vector<std::string> parts, bool breaks,
                               Upload& outcome) {
        Sessions sessions(co_await boost::asio::this_coro::executor, opener(), 2, {.identity = "memory"});
        ByteChannel channel(kContentHeld);
        const auto feed = [](ByteChannel& into, std::vector<std::string> pieces,
                             bool ends_badly) -> awaitable<void> {
            const bool wanted = co_await into.wait_wanted();
            for (const auto& piece : pieces) {
                if (!wanted) co_return;
                const auto bytes = std::as_bytes(std::span(piece));
                const bool taken = co_await into.write({bytes.begin(), bytes.end()});
                if (!taken) co_return;
            }
            if (ends_badly)
                into.fail(Error(ErrorCode::connection_lost, "The client went away."));
            else
                into.finish();
        };
        const auto take = [](Sessions& place, UploadRequest wanted, ByteChannel& from,
                             Upload& into) -> awaitable<void> {
            const auto work = [](Sessions& where, UploadRequest what, ByteChannel& source,
                                 transfer::TransferResult& result) -> awaitable<void> {
                result = co_await upload(where, nullptr, std::move(what), source);
            };
            into.failure = co_await transfer::caught(work(place, std::move(wanted), from, into.result));
            from.leave();
        };
        std::vector<awaitable<void>> both;
        both.push_back(feed(channel, std::move(parts), breaks));
        both.push_back(take(sessions, std::move(request), channel, outcome));
        co_await run_together(std::move(both));
    }
    std::string read(std::uint64_t offset, std::uint64_t length, std::string path = "/a") {
        std::string content;
        loop_.run(run_download(offset, length, std::move(path), content));
        return content;
    }
    awaitable<void> run_download(std::uint64_t offset, std::uint64_t length, std::string path,
                                 std::string& content) {
        Sessions sessions(co_await boost::asio::this_coro::executor, opener(), 2);
        ByteChannel channel(kContentHeld);
        DownloadRequest request;
        request.path = std::move(path);
        request.choose = [=](const Entry&) { return std::make_pair(offset, length); };
        const auto give = [](Sessions& place, DownloadRequest wanted, ByteChannel& into) -> awaitable<void> {
            co_await download(place, {.retries = 1, .first_wait = std::chrono::milliseconds(1)},
                              std::move(wanted), into);
            into.finish();
        };
        const auto take = [](ByteChannel& from, std::string& into) -> awaitable<void> {
            for (;;) {
                const auto piece = co_await from.read();
                if (piece.empty()) co_return;
                into.append(reinterpret_cast<const char*>(piece.data()), piece.size());
            }
        };
        std::vector<awaitable<void>> both;
        both.push_back(give(sessions, std::move(request), channel));
        both.push_back(take(channel, content));
        co_await run_together(std::move(both));
    }
    Sessions::Opener opener() {
        return [this]() -> awaitable<std::shared_ptr<FileSystem>> {
            co_return std::make_shared<MemoryFileSystem>(store_, abilities_);
        };
    }
    std::size_t files_in_root() {
        test::Loop loop;
        MemoryFileSystem files(store_);
        const auto listing = loop.run(files.list("/"));
        return loop.run(listing->next()).size();
    }

    std::shared_ptr<MemoryStore> store_ = std::make_shared<MemoryStore>();
    Abilities abilities_ = MemoryFileSystem::all_abilities();
    test::Loop loop_;
};

TEST_F(ContentTest, publishes_what_came_once_it_is_proven) {
    UploadRequest request;
    request.path = "/a";
    const auto content = noise(3'000'000);
    request.size = content.size();
    request.sha256 = sha256(content);
    request.options.checksum = true;
    const auto done = upload_parts(request, {content.substr(0, 1'000'000), content.substr(1'000'000)});
    ASSERT_FALSE(done.failure) << done.failure->message;
    EXPECT_EQ(store_->get("/a"), content);
    EXPECT_EQ(done.result.proof, transfer::Proof::checksum);
    EXPECT_EQ(done.result.bytes, content.size());
    EXPECT_EQ(files_in_root(), 1u);
}

TEST_F(ContentTest, keeps_the_old_file_and_leaves_nothing_when_the_content_breaks_off) {
    store_->put("/a", "old");
    UploadRequest request;
    request.path = "/a";
    const auto done = upload_parts(request, {noise(300'000)}, true);
    ASSERT_TRUE(done.failure);
    EXPECT_EQ(done.failure->code, ErrorCode::connection_lost);
    EXPECT_EQ(store_->get("/a"), "old");
    EXPECT_EQ(files_in_root(), 1u);
}

TEST_F(ContentTest, publishes_nothing_that_is_not_what_was_announced) {
    UploadRequest request;
    request.path = "/a";
    request.sha256 = sha256("something else");
    const auto wrong = upload_parts(request, {"content"});
    ASSERT_TRUE(wrong.failure);
    EXPECT_EQ(wrong.failure->code, ErrorCode::invalid_argument);
    request.sha256.reset();
    request.size = 100;
    const auto shorter = upload_parts(request, {"content"});
    ASSERT_TRUE(shorter.failure);
    EXPECT_EQ(shorter.failure->code, ErrorCode::incomplete);
    EXPECT_EQ(files_in_root(), 0u);
}

TEST_F(ContentTest, refuses_before_anything_is_read_when_the_target_may_not_be_replaced) {
    store_->put("/a", "old");
    UploadRequest request;
    request.path = "/a";
    request.options.if_exists = transfer::IfExists::fail;
    const auto done = upload_parts(request, {"new"});
    ASSERT_TRUE(done.failure);
    EXPECT_EQ(done.failure->code, ErrorCode::already_exists);
    EXPECT_EQ(store_->get("/a"), "old");
    request.options.if_exists = transfer::IfExists::append;
    const auto appended = upload_parts(request, {"+new"});
    EXPECT_FALSE(appended.failure);
    EXPECT_EQ(store_->get("/a"), "old+new");
}

TEST_F(ContentTest, makes_the_folders_above_and_uses_the_staging_directory) {
    UploadRequest request;
    request.path = "/x/y/a";
    request.make_parents = true;
    request.options.staging_directory = "staging";
    request.options.temporary_extension = "part";
    const auto done = upload_parts(request, {"content"});
    ASSERT_FALSE(done.failure) << done.failure->message;
    EXPECT_EQ(store_->get("/x/y/a"), "content");
    EXPECT_FALSE(store_->get("/x/y/staging/a.part"));
}

TEST_F(ContentTest, reads_any_part_of_a_file_also_where_the_server_cannot_begin_in_the_middle) {
    const auto content = noise(1'000'000);
    store_->put("/a", content);
    for (const bool restarts : {true, false}) {
        abilities_.resume_read = restarts;
        EXPECT_EQ(read(0, content.size()), content);
        EXPECT_EQ(read(0, 10), content.substr(0, 10));
        EXPECT_EQ(read(600'000, 1000), content.substr(600'000, 1000));
        EXPECT_EQ(read(999'990, 10), content.substr(999'990));
    }
    store_->put("/empty", "");
    EXPECT_EQ(read(0, 0, "/empty"), "");
}

}  // namespace
}  // namespace fairlead::service
