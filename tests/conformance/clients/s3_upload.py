#!/usr/bin/python3
"""s3_upload.py ENDPOINT KEY NUMBER:FILE...: uploads the parts in the order given, then completes the upload in the order of numbers."""
import sys

import boto3
from botocore.config import Config


def client(endpoint):
    return boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="s",
                        config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 0}))


def main(endpoint, key, *parts):
    store = client(endpoint)
    place = {"Bucket": "photos", "Key": key}
    upload = store.create_multipart_upload(**place)["UploadId"]
    etags = {}
    for part in parts:
        number, _, path = part.partition(":")
        with open(path, "rb") as body:  # a client of its own has a connection of its own
            sent = client(endpoint).upload_part(**place, UploadId=upload, PartNumber=int(number), Body=body)
        etags[int(number)] = sent["ETag"]
    listed = [{"PartNumber": number, "ETag": etags[number]} for number in sorted(etags)]
    store.complete_multipart_upload(**place, UploadId=upload, MultipartUpload={"Parts": listed})


if __name__ == "__main__":
    main(*sys.argv[1:])
