# A job's container begins with this: bring the code of this very job, then run its entry.
import io
import os
import runpy
import tarfile
import tempfile
from urllib.parse import urlparse

import boto3

source = urlparse(os.environ["TRAINING_SOURCE"])
content = boto3.client("s3").get_object(Bucket=source.netloc, Key=source.path.lstrip("/"))["Body"].read()
folder = tempfile.mkdtemp()
with tarfile.open(fileobj=io.BytesIO(content)) as archive:
    archive.extractall(folder, filter="data")
runpy.run_path(f"{folder}/entry/on_batch.py", run_name="__main__")
