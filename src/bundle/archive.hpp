#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

namespace fairlead::bundle {

/// What is in a package: contents by path, such as "certificates/4f2a.pem".
using Files = std::map<std::string, std::string>;

/// The largest package that is read or written: 100 MB.
inline constexpr std::size_t kLargestPackage = std::size_t{100} * 1024 * 1024;

/// A ZIP file of these files. The same files give the same bytes: no times, no owners, paths in order.
/// Throws Error{invalid_argument} when it would be larger than kLargestPackage.
std::string write_archive(const Files& files);

/// A ZIP file in memory that was looked over before anything in it is unpacked. What comes from outside may
/// be made to harm: a file that unpacks to more than memory holds, paths that lead elsewhere, two files of one
/// name, links.
class Archive {
  public:
    static constexpr std::size_t kMostFiles = 200'000;
    static constexpr std::uint64_t kLargestFile = std::uint64_t{64} * 1024 * 1024;
    /// Of all files together, unpacked.
    static constexpr std::uint64_t kLargestContent = std::uint64_t{1024} * 1024 * 1024;
    /// How many times its packed size a larger package may unpack to.
    static constexpr std::uint64_t kHighestRatio = 200;

    /// `bytes` must outlive this object. Throws Error{invalid_argument} for what is no ZIP file, is damaged,
    /// too large, or harmful, with a sentence that says which.
    explicit Archive(std::string_view bytes);
    Archive(Archive&&) noexcept;
    Archive& operator=(Archive&&) noexcept;
    ~Archive();

    const std::set<std::string>& paths() const noexcept;
    bool contains(const std::string& path) const { return paths().contains(path); }
    /// Unpacks one file. Throws Error{invalid_argument} when it is not there, damaged, or larger than it
    /// says or than `limit`.
    std::string read(const std::string& path, std::uint64_t limit = kLargestFile) const;

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

/// Whether the bytes begin as a ZIP file does.
bool looks_like_archive(std::string_view bytes) noexcept;

}  // namespace fairlead::bundle
