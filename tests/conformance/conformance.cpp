#include "conformance/conformance.hpp"

#include <unistd.h>

#include <algorithm>

namespace fairlead::test {

void Conformance::SetUp() {
    if (GetParam().needs_root && ::geteuid() != 0)
        GTEST_SKIP() << "this server needs root; run the tests as root";
    far_ = GetParam().make();
    files_ = loop_.run(far_->open());
}

void Conformance::TearDown() {
    if (files_ && !session_is_over_) {
        far_->put("/canary", "still in step");
        EXPECT_EQ(error_of([&] { EXPECT_EQ(read("/canary"), "still in step"); }), "no error")
            << "after the test the session was not usable: "
            << last_error_.value_or(Error(ErrorCode::internal, "")).message;
    }
    if (files_) loop_.run(files_->close());
}

void Conformance::expect_error_path(std::string_view path) const {
    if (deviates(Deviation::errors_name_the_path_on_disk)) {
        EXPECT_THAT(last_error().path, testing::EndsWith(std::string(path)));
        EXPECT_NE(last_error().path, path);
    } else {
        EXPECT_EQ(last_error().path, path);
    }
}

std::vector<Entry> Conformance::list(std::string_view path) {
    return loop_.run([](FileSystem& files, std::string directory) -> awaitable<std::vector<Entry>> {
        auto listing = co_await files.list(directory);
        std::vector<Entry> all;
        while (true) {
            auto batch = co_await listing->next();
            if (batch.empty()) break;
            std::move(batch.begin(), batch.end(), std::back_inserter(all));
        }
        co_return all;
    }(*files_, std::string(path)));
}

std::vector<std::string> Conformance::names(std::string_view path) {
    std::vector<std::string> found;
    for (auto& entry : list(path))
        found.push_back(std::move(entry.name));
    std::sort(found.begin(), found.end());
    return found;
}

std::string Conformance::read(std::string_view path, ReadOptions options) {
    return loop_.run([](FileSystem& files, std::string name, ReadOptions how) -> awaitable<std::string> {
        auto stream = co_await files.open_read(name, how);
        std::string content;
        while (true) {
            const auto piece = co_await stream->read();
            if (piece.empty()) break;
            content.append(reinterpret_cast<const char*>(piece.data()), piece.size());
        }
        co_return content;
    }(*files_, std::string(path), options));
}

void Conformance::write(std::string_view path, std::string_view content, WriteOptions options) {
    loop_.run(
        [](FileSystem& files, std::string name, std::string_view text, WriteOptions how) -> awaitable<void> {
            auto stream = co_await files.open_write(name, how);
            if (!text.empty()) co_await stream->write(bytes_of(text));
            co_await stream->finish();
        }(*files_, std::string(path), content, options));
}

INSTANTIATE_TEST_SUITE_P(On, Conformance, testing::ValuesIn(targets()),
                         [](const auto& info) { return info.param.name; });

}  // namespace fairlead::test
