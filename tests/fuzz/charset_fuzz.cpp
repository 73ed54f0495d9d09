// Names in any charset come back as the same bytes. The first byte chooses the charset.
#include "base/charset.hpp"
#include "base/utf8.hpp"
#include "fairlead/error.hpp"
#include "fuzz.hpp"

using namespace fairlead;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const Charset charsets[] = {Charset("ISO-8859-1"), Charset("CP1252"),  Charset("SHIFT_JIS"),
                                       Charset("GB18030"),    Charset("EUC-JP"),  Charset("BIG5"),
                                       Charset("KOI8-R"),     Charset("UTF-8"),   Charset("CP949"),
                                       Charset("ASCII"),      Charset("TIS-620"), Charset("BIG5-HKSCS")};
    if (size == 0) return 0;
    const auto& charset = charsets[data[0] % std::size(charsets)];
    const auto bytes = as_text(data + 1, size - 1);
    if (bytes.find('\0') != std::string_view::npos) return 0;
    PROMISE(charset.from_utf8(charset.to_utf8(bytes)) == bytes);
    try {
        charset.from_utf8(bytes);
    } catch (const Error& error) {
        PROMISE(error.code == ErrorCode::invalid_argument);
    }
    return 0;
}
