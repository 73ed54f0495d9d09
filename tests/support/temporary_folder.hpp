#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace fairlead::test {

/// A new private folder, removed with all that is in it.
class TemporaryFolder {
  public:
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    const std::filesystem::path& path() const noexcept { return path_; }
    std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

  private:
    std::filesystem::path path_;
};

std::string read_file(const std::filesystem::path& path);
void write_file(const std::filesystem::path& path, std::string_view content);

/// `size` bytes that look random and are the same for the same seed.
std::string noise(std::size_t size, unsigned seed = 1);

}  // namespace fairlead::test
