#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "http/message.hpp"

namespace fairlead::http {

/// Makes a ZIP file piece by piece, for an answer that is sent while it is made. Files of any size (ZIP64), none of
/// them held.
class ZipStream {
  public:
    ZipStream();
    ~ZipStream();
    ZipStream(const ZipStream&) = delete;
    ZipStream& operator=(const ZipStream&) = delete;

    /// Begins a file of exactly this size. The name is UTF-8 and relative.
    void begin(const std::string& name, std::uint64_t size);
    void add(std::span<const std::byte> content);
    /// After the last file.
    void finish();
    /// What was made since the last call.
    Bytes take();

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace fairlead::http
