// Pictures drawn by the tests, and their files: no picture of a real person or car is in the tree.
#pragma once

#include <cstdint>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <string>
#include <vector>

#include "daemon/base/bytes.h"

namespace sallyport {

/// Coloured shapes on a gradient; another `seed`, another picture. The top left quarter is red, so that a turn can be
/// seen.
inline cv::Mat draw_picture(int width, int height, std::uint64_t seed = 1) {
  cv::RNG random(seed);
  cv::Mat picture(height, width, CV_8UC3);
  for (int y = 0; y < height; ++y) picture.row(y).setTo(cv::Scalar(60, 40 + 150.0 * y / height, 90));
  for (int i = 0; i < 12; ++i) {
    const cv::Scalar colour(random.uniform(0, 256), random.uniform(0, 256), random.uniform(0, 256));
    const cv::Point centre(random.uniform(0, width), random.uniform(0, height));
    cv::circle(picture, centre, random.uniform(height / 20 + 1, height / 4 + 2), colour, cv::FILLED);
  }
  cv::rectangle(picture, cv::Rect(0, 0, width / 2, height / 2), cv::Scalar(20, 20, 230), cv::FILLED);
  return picture;
}

inline ByteBuffer encode(const cv::Mat& picture, const std::string& extension, std::vector<int> parameters = {}) {
  std::vector<std::uint8_t> file;
  cv::imencode(extension, picture, file, parameters);
  const Bytes bytes = as_byte_span(file.data(), file.size());
  return {bytes.begin(), bytes.end()};
}

/// A marker segment right behind SOI.
inline ByteBuffer with_jpeg_segment(const ByteBuffer& jpeg, std::uint8_t marker, std::string_view content) {
  ByteBuffer file(jpeg.begin(), jpeg.begin() + 2);
  const std::size_t length = content.size() + 2;
  for (const std::size_t byte : {std::size_t{0xFF}, std::size_t{marker}, length >> 8, length & 0xFF}) {
    file.push_back(static_cast<std::byte>(byte));
  }
  append(file, as_byte_span(content));
  append(file, Bytes(jpeg).subspan(2));
  return file;
}

/// An Exif block whose only entry is the orientation.
inline ByteBuffer with_orientation(const ByteBuffer& jpeg, char orientation) {
  std::string exif("Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0_\0\0\0\0\0\0\0", 32);
  exif[24] = orientation;
  return with_jpeg_segment(jpeg, 0xE1, exif);
}

}  // namespace sallyport
