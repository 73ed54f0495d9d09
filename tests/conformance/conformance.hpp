#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/deviations.hpp"
#include "conformance/target.hpp"
#include "fairlead/file_system.hpp"
#include "support/run.hpp"
#include "support/temporary_folder.hpp"

namespace fairlead::test {

/// One test of one behaviour on one file system: an empty far side, a fresh session, and blocking forms of
/// the operations. After every test the session must still be in step: it reads a file that was put there
/// past it.
class Conformance : public testing::TestWithParam<Target> {
  protected:
    void SetUp() override;
    void TearDown() override;

    FileSystem& files() { return *files_; }
    FarSide& far() { return *far_; }
    const Abilities& can() { return files_->abilities(); }
    bool deviates(Deviation deviation) const { return test::deviates(GetParam().name, deviation); }
    /// For the tests that close or break the session on purpose.
    void session_is_over() { session_is_over_ = true; }

    Entry stat(std::string_view path) { return loop_.run(files_->stat(path)); }
    std::vector<Entry> list(std::string_view path);
    std::vector<std::string> names(std::string_view path);  ///< sorted
    std::string read(std::string_view path, ReadOptions options = {});
    void write(std::string_view path, std::string_view content, WriteOptions options = {});
    void rename(std::string_view from, std::string_view to, bool replace = false) {
        loop_.run(files_->rename(from, to, replace));
    }
    void remove(std::string_view path) { loop_.run(files_->remove(path)); }
    void make_directory(std::string_view path) { loop_.run(files_->make_directory(path)); }
    void remove_directory(std::string_view path) { loop_.run(files_->remove_directory(path)); }

    /// The code of the Error that `action` ends with, or "no error".
    template <class Action>
    std::string error_of(Action&& action) {
        try {
            action();
        } catch (const Error& error) {
            last_error_ = error;
            return std::string(to_string(error.code));
        } catch (const std::exception& error) {
            return std::string("not an Error: ") + error.what();
        }
        return "no error";
    }
    const Error& last_error() const { return last_error_.value(); }
    void expect_error_path(std::string_view path) const;

    Loop loop_;

  private:
    std::unique_ptr<FarSide> far_;
    std::unique_ptr<FileSystem> files_;
    std::optional<Error> last_error_;
    bool session_is_over_ = false;
};

inline std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}

}  // namespace fairlead::test
