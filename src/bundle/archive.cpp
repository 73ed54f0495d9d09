#include "bundle/archive.hpp"

#include <zip.h>

#include <fmt/format.h>
#include <algorithm>
#include <cstring>
#include <utility>

#include "base/utf8.hpp"
#include "fairlead/error.hpp"

namespace fairlead::bundle {
namespace {

constexpr std::uint64_t kSmallContent = 8 * 1024 * 1024;  // what may be packed as tightly as it likes
constexpr std::size_t kLongestPath = 512;
// The first moment that a ZIP file can name: 1 January 1980, 0:00.
constexpr zip_uint16_t kDosDate = (1 << 5) | 1;
constexpr zip_uint32_t kOrdinaryFile = 0100644u << 16;
constexpr int kCompression = 9;

struct CloseSource {
    void operator()(zip_source_t* source) const noexcept { zip_source_free(source); }
};
struct DiscardArchive {
    void operator()(zip_t* archive) const noexcept { zip_discard(archive); }
};
struct CloseFile {
    void operator()(zip_file_t* file) const noexcept { zip_fclose(file); }
};
using Source = std::unique_ptr<zip_source_t, CloseSource>;
using Zip = std::unique_ptr<zip_t, DiscardArchive>;
using File = std::unique_ptr<zip_file_t, CloseFile>;

Error refused(std::string message) {
    return Error(ErrorCode::invalid_argument, std::move(message));
}

Error cannot_write(std::string_view why) {
    return Error(ErrorCode::internal, fmt::format("The package cannot be written: {}.", why));
}

Error too_large() {
    return refused(fmt::format("The package is larger than {} MB.", kLargestPackage / 1024 / 1024))
        .hinting("divide it into several");
}

std::string text_of(zip_error_t* error) {
    std::string text = zip_error_strerror(error);
    zip_error_fini(error);
    return text;
}

/// A source over memory that somebody else keeps.
Source source_of(std::string_view bytes) {
    zip_error_t error;
    zip_error_init(&error);
    Source source(zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error));
    if (!source) throw cannot_write(text_of(&error));
    return source;
}

void add(zip_t* zip, const std::string& path, std::string_view content) {
    auto source = source_of(content);
    const auto index = zip_file_add(zip, path.c_str(), source.get(), ZIP_FL_ENC_UTF_8);
    if (index < 0) throw cannot_write(zip_strerror(zip));
    (void)source.release();  // the archive's now
    const auto i = static_cast<zip_uint64_t>(index);
    if (zip_set_file_compression(zip, i, ZIP_CM_DEFLATE, kCompression) != 0 ||
        zip_file_set_dostime(zip, i, 0, kDosDate, 0) != 0 ||
        zip_file_set_external_attributes(zip, i, 0, ZIP_OPSYS_UNIX, kOrdinaryFile) != 0)
        throw cannot_write(zip_strerror(zip));
}

std::string read_whole(zip_source_t* source) {
    zip_stat_t facts;
    zip_stat_init(&facts);
    if (zip_source_stat(source, &facts) != 0 || zip_source_open(source) != 0)
        throw cannot_write(zip_error_strerror(zip_source_error(source)));
    if (facts.size > kLargestPackage) {
        zip_source_close(source);
        throw too_large();
    }
    std::string bytes(facts.size, '\0');
    const auto got = zip_source_read(source, bytes.data(), bytes.size());
    zip_source_close(source);
    if (got < 0 || static_cast<std::size_t>(got) != bytes.size()) throw cannot_write("it was cut short");
    return bytes;
}

/// What is wrong with a path in a package; empty when nothing is.
std::string problem_of_path(std::string_view path) {
    if (path.empty()) return "has no name";
    if (path.size() > kLongestPath) return "has too long a name";
    if (!is_valid_utf8(path)) return "has a name that is not UTF-8";
    if (std::ranges::any_of(path, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }))
        return "has control characters in its name";
    if (path.front() == '/' || path.find('\\') != path.npos || path.find(':') != path.npos)
        return "leads out of the package";
    for (std::size_t from = 0; from <= path.size();) {
        const auto to = std::min(path.find('/', from), path.size());
        const auto part = path.substr(from, to - from);
        if (part == "." || part == "..") return "leads out of the package";
        if (part.empty()) return "has an empty part in its path";
        from = to + 1;
    }
    return "";
}

bool is_special(zip_t* zip, zip_uint64_t index) {
    zip_uint8_t system = 0;
    zip_uint32_t attributes = 0;
    constexpr zip_uint32_t kType = 0170000, kRegular = 0100000, kFolder = 0040000;
    if (zip_file_get_external_attributes(zip, index, 0, &system, &attributes) != 0) return true;
    const auto type = (attributes >> 16) & kType;
    return system == ZIP_OPSYS_UNIX && type != 0 && type != kRegular && type != kFolder;
}

}  // namespace

std::string write_archive(const Files& files) {
    zip_error_t error;
    zip_error_init(&error);
    Source target(zip_source_buffer_create(nullptr, 0, 0, &error));
    if (!target) throw cannot_write(text_of(&error));
    Zip zip(zip_open_from_source(target.get(), ZIP_TRUNCATE, &error));
    if (!zip) throw cannot_write(text_of(&error));
    zip_source_keep(target.get());  // by the archive and by us
    for (const auto& [path, content] : files)
        add(zip.get(), path, content);
    if (zip_close(zip.get()) != 0) throw cannot_write(zip_strerror(zip.get()));
    (void)zip.release();
    return read_whole(target.get());
}

struct Archive::Parts {
    Zip zip;
    std::set<std::string> paths;
};

Archive::Archive(std::string_view bytes) : parts_(std::make_unique<Parts>()) {
    if (bytes.size() > kLargestPackage) throw too_large();
    if (!looks_like_archive(bytes)) throw refused("This is no ZIP file.");
    zip_error_t error;
    zip_error_init(&error);
    auto source = source_of(bytes);
    parts_->zip.reset(zip_open_from_source(source.get(), ZIP_RDONLY | ZIP_CHECKCONS, &error));
    if (!parts_->zip && zip_error_code_zip(&error) == ZIP_ER_EXISTS)
        throw refused("The package holds two files of one name.");
    if (!parts_->zip) throw refused(fmt::format("The ZIP file is damaged: {}.", text_of(&error)));
    (void)source.release();

    auto* zip = parts_->zip.get();
    const auto count = zip_get_num_entries(zip, 0);
    if (count < 0 || static_cast<std::size_t>(count) > kMostFiles)
        throw refused(fmt::format("The package holds more than {} files.", kMostFiles));
    std::uint64_t content = 0;
    for (zip_uint64_t i = 0; i < static_cast<zip_uint64_t>(count); ++i) {
        zip_stat_t facts;
        zip_stat_init(&facts);
        constexpr zip_uint64_t kNeeded = ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_ENCRYPTION_METHOD;
        if (zip_stat_index(zip, i, ZIP_FL_ENC_RAW, &facts) != 0 || (facts.valid & kNeeded) != kNeeded)
            throw refused("The ZIP file is damaged: one of its entries cannot be read.");
        std::string path = facts.name;
        const bool folder = path.ends_with('/');
        if (folder) path.pop_back();
        if (const auto problem = problem_of_path(path); !problem.empty())
            throw refused(fmt::format("A file of the package {}: '{}'.", problem, to_printable(path)));
        if (facts.encryption_method != ZIP_EM_NONE)
            throw refused("The package is encrypted by a ZIP program.")
                .hinting("unpack it with that program, or export it again with --with-secrets");
        if (is_special(zip, i))
            throw refused(fmt::format("The package holds a link or a device: '{}'.", path));
        content += facts.size;
        if (content > kLargestContent || facts.size > kLargestContent ||
            (content > kSmallContent && content / kHighestRatio > bytes.size()))
            throw refused("The package unpacks to far more than it should; it may be made to do harm.");
        if (!folder && !parts_->paths.insert(path).second)
            throw refused(fmt::format("The package holds two files called '{}'.", path));
    }
}

Archive::Archive(Archive&&) noexcept = default;
Archive& Archive::operator=(Archive&&) noexcept = default;
Archive::~Archive() = default;

const std::set<std::string>& Archive::paths() const noexcept {
    return parts_->paths;
}

std::string Archive::read(const std::string& path, std::uint64_t limit) const {
    auto* zip = parts_->zip.get();
    zip_stat_t facts;
    zip_stat_init(&facts);
    if (zip_stat(zip, path.c_str(), ZIP_FL_ENC_RAW, &facts) != 0)
        throw refused(fmt::format("The package does not hold the file '{}' that it speaks of.", path));
    if (facts.size > limit)
        throw refused(fmt::format("The file '{}' of the package is too large.", path));
    File file(zip_fopen_index(zip, facts.index, 0));
    if (!file)
        throw refused(fmt::format("The file '{}' of the package cannot be unpacked: {}.", path, zip_strerror(zip)));
    // Never more than it says: what it says was checked.
    std::string content(facts.size + 1, '\0');
    std::size_t size = 0;
    while (size < content.size()) {
        const auto got = zip_fread(file.get(), content.data() + size, content.size() - size);
        if (got < 0)
            throw refused(fmt::format("The file '{}' of the package is damaged: {}.", path,
                                      zip_file_strerror(file.get())));
        if (got == 0) break;
        size += static_cast<std::size_t>(got);
    }
    if (size != facts.size)
        throw refused(fmt::format("The file '{}' of the package is not as large as it says.", path));
    content.resize(size);
    return content;
}

bool looks_like_archive(std::string_view bytes) noexcept {
    return bytes.starts_with("PK\x03\x04") || bytes.starts_with(std::string_view("PK\x05\x06", 4));
}

}  // namespace fairlead::bundle
