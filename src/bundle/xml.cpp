#include "bundle/xml.hpp"

#include <expat.h>

#include <fmt/format.h>
#include <climits>

#include "bundle/draft.hpp"
#include "fairlead/error.hpp"

namespace fairlead::bundle {
namespace {

constexpr std::size_t kDeepest = 64;
constexpr std::size_t kMostElements = 1'000'000;

struct Reading {
    XML_Parser parser = nullptr;
    std::unique_ptr<XmlElement> root;
    std::vector<XmlElement*> open;
    std::size_t elements = 0;
    std::string refusal;

    void refuse(std::string reason) {
        if (refusal.empty()) refusal = std::move(reason);
        XML_StopParser(parser, XML_FALSE);
    }
};

void start(void* data, const XML_Char* name, const XML_Char** attributes) {
    auto& reading = *static_cast<Reading*>(data);
    if (reading.open.size() >= kDeepest) return reading.refuse("is nested too deeply");
    if (++reading.elements > kMostElements) return reading.refuse("holds too many elements");
    auto element = std::make_unique<XmlElement>();
    element->name = name;
    for (; attributes[0] != nullptr; attributes += 2)
        element->attributes[attributes[0]] = attributes[1];
    auto* made = element.get();
    if (reading.open.empty())
        reading.root = std::move(element);
    else
        reading.open.back()->children.push_back(std::move(element));
    reading.open.push_back(made);
}

void end(void* data, const XML_Char*) {
    auto& reading = *static_cast<Reading*>(data);
    if (!reading.open.empty()) reading.open.pop_back();
}

void characters(void* data, const XML_Char* text, int size) {
    auto& reading = *static_cast<Reading*>(data);
    if (!reading.open.empty()) reading.open.back()->text.append(text, static_cast<std::size_t>(size));
}

void document_type(void* data, const XML_Char*, const XML_Char*, const XML_Char*, int) {
    static_cast<Reading*>(data)->refuse("holds a document type definition, which is not read");
}

}  // namespace

const XmlElement* XmlElement::child(std::string_view wanted) const noexcept {
    for (const auto& each : children)
        if (each->name == wanted) return each.get();
    return nullptr;
}

std::string XmlElement::text_of(std::string_view wanted) const {
    const auto* found = child(wanted);
    return found == nullptr ? "" : std::string(trimmed(found->text));
}

std::unique_ptr<XmlElement> read_xml(std::string_view text, std::string_view what) {
    require_configuration(text, what);
    static_assert(kLargestConfiguration < INT_MAX);
    const std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> parser(XML_ParserCreate(nullptr),
                                                                             XML_ParserFree);
    if (!parser) throw Error(ErrorCode::internal, "There is no memory to read the XML file.");
    Reading reading;
    reading.parser = parser.get();
    XML_SetUserData(parser.get(), &reading);
    XML_SetElementHandler(parser.get(), start, end);
    XML_SetCharacterDataHandler(parser.get(), characters);
    XML_SetStartDoctypeDeclHandler(parser.get(), document_type);
    if (XML_Parse(parser.get(), text.data(), static_cast<int>(text.size()), XML_TRUE) != XML_STATUS_OK) {
        const auto reason =
            reading.refusal.empty()
                ? fmt::format("is not well-formed: {}", XML_ErrorString(XML_GetErrorCode(parser.get())))
                : reading.refusal;
        throw Error(ErrorCode::invalid_argument, fmt::format("The {} {} (line {}).", what, reason,
                                                             XML_GetCurrentLineNumber(parser.get())));
    }
    return std::move(reading.root);
}

}  // namespace fairlead::bundle
