#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fairlead/open.hpp"
#include "remote/memory_file_system.hpp"
#include "support/awkward_file_system.hpp"
#include "support/run.hpp"
#include "support/temporary_folder.hpp"
#include "transfer/transfer.hpp"

namespace fairlead::transfer {
namespace {

using test::AwkwardFileSystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class TransferFile : public testing::Test {
  protected:
    TransferFile() { from->put("/a", content); }

    TransferResult transfer(FileSystem& from_files, FileSystem& to_files) {
        Job job;
        job.source = "/a";
        job.facts = loop.run(from_files.stat("/a"));
        job.target = "/b";
        return loop.run(transfer_file(from_files, to_files, job, options));
    }
    TransferResult transfer() { return transfer(source, target); }

    Error failure(FileSystem& from_files, FileSystem& to_files) {
        try {
            transfer(from_files, to_files);
        } catch (const Error& error) {
            return error;
        }
        ADD_FAILURE() << "nothing was thrown";
        return Error(ErrorCode::internal, "");
    }

    std::vector<std::string> names(FileSystem& files, const std::string& directory = "/") {
        std::vector<std::string> found;
        const auto listing = loop.run(files.list(directory));
        for (;;) {
            const auto batch = loop.run(listing->next());
            if (batch.empty()) return found;
            for (const auto& entry : batch)
                found.push_back(entry.name);
        }
    }

    static Abilities without_replace() {
        auto abilities = MemoryFileSystem::all_abilities();
        abilities.atomic_replace = false;
        return abilities;
    }

    test::Loop loop;
    const std::string content = test::noise(700'001);
    std::shared_ptr<MemoryStore> from = std::make_shared<MemoryStore>(), to = std::make_shared<MemoryStore>();
    MemoryFileSystem source{from}, target{to};
    Options options;
};

TEST_F(TransferFile, arrives_whole_and_says_how_it_is_known) {
    const auto result = transfer();
    EXPECT_EQ(to->get("/b"), content);
    EXPECT_EQ(result.bytes, content.size());
    EXPECT_EQ(result.proof, Proof::size);
    EXPECT_EQ(result.outcome, Outcome::transferred);
    EXPECT_THAT(names(target), ElementsAre("b"));
}

TEST_F(TransferFile, an_empty_file_arrives_as_one) {
    from->put("/a", "");
    EXPECT_EQ(transfer().proof, Proof::size);
    EXPECT_EQ(to->get("/b"), "");
}

TEST_F(TransferFile, an_existing_target_is_replaced) {
    to->put("/b", "old");
    transfer();
    EXPECT_EQ(to->get("/b"), content);
}

TEST_F(TransferFile, an_existing_target_is_replaced_on_a_server_that_cannot_do_it_in_one_step) {
    MemoryFileSystem plain(to, without_replace());
    to->put("/b", "old");
    transfer(source, plain);
    EXPECT_EQ(to->get("/b"), content);
    EXPECT_THAT(names(target), ElementsAre("b"));
}

TEST_F(TransferFile, the_old_file_is_put_back_when_the_new_one_cannot_take_its_name) {
    AwkwardFileSystem awkward(std::make_unique<MemoryFileSystem>(to, without_replace()));
    to->put("/b", "old");
    // 1: refused because the target is there, 2: the old one is moved aside, 3: the new one is renamed in.
    awkward.fail_rename(3, ErrorCode::permission_denied);
    EXPECT_EQ(failure(source, awkward).code, ErrorCode::permission_denied);
    EXPECT_EQ(to->get("/b"), "old");
    EXPECT_THAT(names(target), ElementsAre("b"));
}

TEST_F(TransferFile, a_target_that_appears_meanwhile_is_not_replaced_when_that_was_forbidden) {
    options.if_exists = IfExists::fail;
    AwkwardFileSystem awkward(std::make_unique<MemoryFileSystem>(to));
    awkward.before_rename([&] { to->put("/b", "theirs"); });
    EXPECT_EQ(failure(source, awkward).code, ErrorCode::already_exists);
    EXPECT_EQ(to->get("/b"), "theirs");
    EXPECT_THAT(names(target), ElementsAre("b"));
}

TEST_F(TransferFile, rename_takes_the_first_free_number) {
    options.if_exists = IfExists::rename;
    to->put("/b", "0");
    to->put("/b1", "1");
    EXPECT_EQ(transfer().target, "/b2");
    EXPECT_EQ(to->get("/b2"), content);
    EXPECT_EQ(to->get("/b"), "0");
}

TEST_F(TransferFile, append_adds_to_the_end_and_verifies_the_sum) {
    options.if_exists = IfExists::append;
    to->put("/b", "old");
    const auto result = transfer();
    EXPECT_EQ(to->get("/b"), "old" + content);
    EXPECT_EQ(result.outcome, Outcome::appended);
    EXPECT_EQ(result.proof, Proof::size);
}

TEST_F(TransferFile, skip_moves_nothing) {
    options.if_exists = IfExists::skip;
    to->put("/b", "old");
    const auto result = transfer();
    EXPECT_EQ(result.outcome, Outcome::skipped);
    EXPECT_EQ(result.bytes, 0u);
    EXPECT_EQ(to->get("/b"), "old");
}

TEST_F(TransferFile, a_full_target_is_no_space_and_keeps_the_old_file) {
    to->put("/b", "old");
    to->capacity = 300'000;
    EXPECT_EQ(failure(source, target).code, ErrorCode::no_space);
    EXPECT_EQ(to->get("/b"), "old");
    EXPECT_THAT(names(target), ElementsAre("b"));
}

TEST_F(TransferFile, a_source_that_breaks_off_leaves_nothing) {
    AwkwardFileSystem awkward(std::make_unique<MemoryFileSystem>(from));
    awkward.fail_read_after(300'000, ErrorCode::incomplete);
    to->put("/b", "old");
    EXPECT_EQ(failure(awkward, target).code, ErrorCode::incomplete);
    EXPECT_EQ(to->get("/b"), "old");
    EXPECT_THAT(names(target), ElementsAre("b"));
}

TEST_F(TransferFile, a_source_that_changes_while_it_is_read_is_not_published) {  // field.md 49
    AwkwardFileSystem awkward(std::make_unique<MemoryFileSystem>(from));
    awkward.after_read([&] { from->put("/a", content + "more"); });
    EXPECT_EQ(failure(awkward, target).code, ErrorCode::source_changed);
    EXPECT_THAT(names(target), IsEmpty());
}

TEST_F(TransferFile, a_source_rewritten_with_the_same_size_is_noticed_by_its_time) {
    AwkwardFileSystem awkward(std::make_unique<MemoryFileSystem>(from));
    from->put("/a", content, Time(std::chrono::seconds(1'000)));
    awkward.after_read([&] { from->put("/a", content, Time(std::chrono::seconds(2'000))); });
    EXPECT_EQ(failure(awkward, target).code, ErrorCode::source_changed);
    EXPECT_THAT(names(target), IsEmpty());
}

TEST_F(TransferFile, a_server_that_ends_before_the_size_it_announced_is_a_size_mismatch) {
    AwkwardFileSystem awkward(std::make_unique<MemoryFileSystem>(from));
    awkward.end_read_after(300'000);
    const auto error = failure(awkward, target);
    EXPECT_EQ(error.code, ErrorCode::size_mismatch);
    EXPECT_THAT(error.message, HasSubstr("700001"));
    EXPECT_THAT(names(target), IsEmpty());
}

TEST_F(TransferFile, a_server_that_stores_fewer_bytes_than_it_took_is_a_size_mismatch) {
    AwkwardFileSystem awkward(std::make_unique<MemoryFileSystem>(to));
    awkward.lose_written_after(300'000);
    EXPECT_EQ(failure(source, awkward).code, ErrorCode::size_mismatch);
    EXPECT_THAT(names(target), IsEmpty());
}

TEST_F(TransferFile, checksum_notices_a_changed_byte) {
    options.checksum = true;
    AwkwardFileSystem awkward(std::make_unique<MemoryFileSystem>(to));
    awkward.flip_written_byte(300'000);
    EXPECT_EQ(failure(source, awkward).code, ErrorCode::checksum_mismatch);
    EXPECT_THAT(names(target), IsEmpty());
}

TEST_F(TransferFile, checksum_reads_back_where_the_server_computes_none) {
    options.checksum = true;
    auto abilities = MemoryFileSystem::all_abilities();
    abilities.checksums.clear();
    AwkwardFileSystem awkward(std::make_unique<MemoryFileSystem>(to, abilities));
    awkward.flip_written_byte(300'000);
    MemoryFileSystem plain_source(from, abilities);
    EXPECT_EQ(failure(plain_source, awkward).code, ErrorCode::checksum_mismatch);

    MemoryFileSystem plain_target(to, abilities);
    const auto result = transfer(plain_source, plain_target);
    EXPECT_EQ(result.proof, Proof::checksum);
    EXPECT_THAT(result.checksum, HasSubstr("sha256:"));
}

TEST_F(TransferFile, the_source_goes_only_after_the_target_is_published) {
    options.delete_source = true;
    AwkwardFileSystem awkward(std::make_unique<MemoryFileSystem>(to));
    awkward.fail_rename(1, ErrorCode::permission_denied);
    failure(source, awkward);
    EXPECT_EQ(from->get("/a"), content);

    transfer();
    EXPECT_EQ(from->get("/a"), std::nullopt);
    EXPECT_EQ(to->get("/b"), content);
}

TEST_F(TransferFile, the_source_can_be_moved_to_another_directory_afterwards) {
    from->make_directories("/done");
    options.move_source_to = "/done";
    transfer();
    EXPECT_EQ(from->get("/a"), std::nullopt);
    EXPECT_EQ(from->get("/done/a"), content);
}

TEST_F(TransferFile, a_time_that_cannot_be_set_is_only_a_warning) {
    options.preserve = true;
    auto abilities = MemoryFileSystem::all_abilities();
    abilities.set_modified = false;
    MemoryFileSystem plain(to, abilities);
    EXPECT_THAT(transfer(source, plain).warnings, ElementsAre(HasSubstr("time")));
}

TEST_F(TransferFile, preserve_keeps_the_time) {
    options.preserve = true;
    const Time then(std::chrono::seconds(1'700'000'000));
    from->put("/a", content, then);
    EXPECT_THAT(transfer().warnings, IsEmpty());
    EXPECT_EQ(loop.run(target.stat("/b")).modified, then);
}

TEST_F(TransferFile, a_staging_directory_elsewhere_is_left_empty) {
    to->make_directories("/staging");
    options.staging_directory = "/staging";
    transfer();
    EXPECT_EQ(to->get("/b"), content);
    EXPECT_THAT(names(target, "/staging"), IsEmpty());
}

TEST_F(TransferFile, a_stray_that_cannot_be_removed_is_named) {
    options.temporary_extension = "part";
    AwkwardFileSystem awkward(std::make_unique<MemoryFileSystem>(to));
    awkward.fail_write_after(300'000, ErrorCode::connection_lost);
    const auto error = failure(source, awkward);
    EXPECT_EQ(error.code, ErrorCode::connection_lost);
    EXPECT_THAT(error.hint, HasSubstr("/b.part"));
}

TEST_F(TransferFile, cancelling_leaves_neither_a_torn_file_nor_a_stray) {
    AwkwardFileSystem awkward(std::make_unique<MemoryFileSystem>(from));
    awkward.stall_read_after(300'000);
    to->put("/b", "old");
    Job job;
    job.source = "/a";
    job.target = "/b";
    const auto task = [&]() -> awaitable<void> { co_await transfer_file(awkward, target, job, options); };
    try {
        loop.run_and_cancel(task(), [&] { return awkward.stalled(); });
        FAIL() << "it was not cancelled";
    } catch (const Error& error) {
        EXPECT_EQ(error.code, ErrorCode::cancelled);
    }
    EXPECT_EQ(to->get("/b"), "old");
    EXPECT_THAT(names(target), ElementsAre("b"));
}

TEST_F(TransferFile, goes_from_disk_to_disk) {
    const test::TemporaryFolder folder;
    test::write_file(folder / "a", content);
    const auto files = open_local(folder.path().string());
    const auto result = transfer(*files, *files);
    EXPECT_EQ(test::read_file(folder / "b"), content);
    EXPECT_EQ(result.proof, Proof::size);
    EXPECT_THAT(names(*files), testing::UnorderedElementsAre("a", "b"));
}

TEST_F(TransferFile, a_local_source_that_grows_while_it_is_sent_is_not_published) {  // field.md 49
    const test::TemporaryFolder folder;
    test::write_file(folder / "a", content);
    const auto files = open_local(folder.path().string());
    AwkwardFileSystem awkward(std::make_unique<MemoryFileSystem>(to));
    awkward.before_write([&] { test::write_file(folder / "a", content + "more"); });
    EXPECT_EQ(failure(*files, awkward).code, ErrorCode::source_changed);
    EXPECT_THAT(names(target), IsEmpty());
}

}  // namespace
}  // namespace fairlead::transfer
