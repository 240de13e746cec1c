"""Train the LSTM on silver, judge it beside the naive forecasts, and let it serve only if it passed.

**When.** Saturdays at 03:00 UTC, when Friday's bars are clean and nobody waits for the endpoint; on demand at any
time; and once from `forecast_prices` where no endpoint exists yet.

**Normal.** Half an hour on AWS, and hours more where a new model takes over in steps. A run whose tasks after `gate`
are skipped is a success too: the candidate was refused, a message named the rules it failed, nothing was registered
and the old model goes on serving. That is the usual end while a model serves: another one replaces it only if it is
significantly better, or as good and smaller. Who wants it replaced for a reason of their own rejects its version in
SageMaker's model registry; the next model that passes then takes its place. With approval set to manual,
`wait_for_approval` waits up to six days for somebody to approve or reject the version there; rejected means the rest is
skipped.

**When it is red.**
- `train`, `evaluate`: the message carries the job's own reason and its log's name. Errors of the code are not
  retried, for they would only repeat; lack of machines is. `train` runs on SageMaker or on AWS Batch, as the setting
  `training_backend` says; the message tells which.
- `track`: the run in MLflow is missing, and nothing else: the model was judged, registered and deployed all the same,
  only its version names no run. Clear `track` once the cause is mended; it finds or makes the job's one run.
- `deploy`, `smoke_test`: SageMaker could not start the new model, an alarm went off while it took over, or it answers
  wrongly. After a failed update the old one still answers. Read the endpoint's log, then run the DAG again.
- `tell_for_the_silent` is red whenever another task is, and skipped otherwise. Read the other one.

**Again.** Clear any task: jobs get a name per try, a version is registered once per artefact, model and
configuration are adopted when they exist, an endpoint that already serves the wanted configuration is left alone.
"""

from typing import Any

from airflow.exceptions import AirflowSkipException
from airflow.sdk import chain, dag, task
from wiring import champion, hosting, registry, silence, tracking
from wiring.batch import Training
from wiring.defaults import DAY, DEFAULTS, day_param
from wiring.jobs import KEY, ProcessingJob, folder_in, folder_out, one_machine, program
from wiring.names import MACROS
from wiring.scaling import VARIANT
from wiring.schedule import at
from wiring.tags import tags

TRAINED = "{{ ti.xcom_pull(task_ids='train')['training_job'] }}"  # names model and endpoint configuration too
MODEL_DATA = "{{ ti.xcom_pull(task_ids='train')['model_data'] }}"
BARS = "s3://{{ var.value.silver_bucket }}/bars/"
CHECKPOINTS = "s3://{{ var.value.models_bucket }}/checkpoints/{{ run_name(var.value.environment, 'train', dag_run) }}/"
EVALUATION = "s3://{{ var.value.models_bucket }}/evaluation/" + TRAINED + "/"
RUNS = "s3://{{ var.value.models_bucket }}/mlflow/"
# Read also where a task before has failed, and then empty in parts.
RUN = RUNS + "runs/{{ (ti.xcom_pull(task_ids='train') or {}).get('training_job', '') }}.json"
TRACKED = "{{ (ti.xcom_pull(task_ids='track') or {}).get('processing_job', '') }}"
FIRST_SYMBOL = "{{ var.value.symbols.split(',')[0] | trim | replace('^', 'index-') }}"  # as keys spell it


@dag(
    schedule=at("0 3 * * SAT"),
    catchup=False,
    max_active_runs=1,  # two candidates at once would race for the endpoint
    default_args=DEFAULTS,
    params=day_param(),
    user_defined_macros=MACROS | tracking.MACROS,
    doc_md=__doc__,
    tags=["weekly"],
)
def train_model() -> None:
    train = Training(
        task_id="train",
        backend="{{ var.value.training_backend }}",
        run="{{ var.value.training_run }}",
        hyperparameters="{{ var.value.training_hyperparameters }}",
        instance_count="{{ var.value.training_instance_count }}",
        spot="{{ var.value.training_spot }}",
        config={
            "TrainingJobName": "{{ job_name(var.value.environment, 'train', dag_run, ti) }}",
            "RoleArn": "{{ var.value.train_role }}",
            "AlgorithmSpecification": {"TrainingImage": "{{ var.value.jobs_image }}", "TrainingInputMode": "File"},
            "HyperParameters": {
                "checkpoint_dir": "/opt/ml/checkpoints",
                "sagemaker_program": "train.py",
                "sagemaker_submit_directory": "{{ var.value.job_source }}",
            },
            "InputDataConfig": [
                {
                    "ChannelName": "bars",
                    "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": BARS}},
                }
            ],
            "CheckpointConfig": {"S3Uri": CHECKPOINTS},  # a later try goes on where this one was
            "OutputDataConfig": {"KmsKeyId": KEY, "S3OutputPath": "s3://{{ var.value.models_bucket }}/training"},
            "ResourceConfig": one_machine(disk_gb=20),
            "StoppingCondition": {"MaxRuntimeInSeconds": 4 * 3600},
            "Environment": {"STOCKCAST_COMMIT": "{{ commit() }}"},
            "Tags": tags(),
        },
    )

    @task
    def find_champion(endpoint: str, group: str, candidate: str) -> str:
        return champion.find(endpoint, group, candidate)

    evaluate = champion.JudgingJob(
        task_id="evaluate",
        champion="{{ ti.xcom_pull(task_ids='find_champion') or '' }}",
        config={
            "ProcessingJobName": "{{ job_name(var.value.environment, 'evaluate', dag_run, ti) }}",
            "RoleArn": "{{ var.value.evaluate_role }}",
            "AppSpecification": program(
                "evaluate.py", "--bars", "/opt/ml/processing/input/bars",
                "--model", "/opt/ml/processing/input/model", "--out", "/opt/ml/processing/output",
            ),
            "ProcessingInputs": [
                folder_in("code", "{{ var.value.job_code }}"),
                folder_in("bars", BARS),
                folder_in("model", MODEL_DATA),
            ],
            "ProcessingOutputConfig": folder_out(EVALUATION),
            "ProcessingResources": {"ClusterConfig": one_machine(disk_gb=10)},
            "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
            "Tags": tags(),
        },
    )  # fmt: skip

    track = ProcessingJob(
        task_id="track",
        config={
            "ProcessingJobName": "{{ job_name(var.value.environment, 'track', dag_run, ti) }}",
            "RoleArn": "{{ var.value.track_role }}",
            "AppSpecification": program(
                "track.py", "--evaluation", "/opt/ml/processing/input/evaluation",
                "--model", "/opt/ml/processing/input/model", "--mlflow", "/opt/ml/processing/input/mlflow",
                "--server", "{{ var.value.tracking_server }}", "--out", "/opt/ml/processing/output",
            ),
            "ProcessingInputs": [
                folder_in("code", "{{ var.value.job_code }}"),
                folder_in("evaluation", EVALUATION),
                folder_in("model", MODEL_DATA),
                folder_in("mlflow", "{{ var.value.tracking_database }}"),
            ],
            "ProcessingOutputConfig": folder_out(RUNS),
            "ProcessingResources": {"ClusterConfig": one_machine(disk_gb=10)},
            "StoppingCondition": {"MaxRuntimeInSeconds": 1800},
            "Tags": tags(),
        },
    )  # fmt: skip

    @task(trigger_rule="all_done")  # a model that passed shall not wait for ever for a record about it
    def find_run(uri: str, job: str) -> str:
        return tracking.run_of(uri, job)

    @task.short_circuit
    def gate(uri: str, topic: str) -> bool:
        evaluation = registry.read_evaluation(uri)
        broken = registry.broken_rules(evaluation)
        if broken:
            registry.tell_refusal(topic, evaluation, broken, uri)
        return not broken

    @task
    def register(
        uri: str, job: str, model_data: str, image: str, group: str, approval: str, run: str, mlflow_run: str
    ) -> str:
        origin = registry.origin(registry.read_evaluation(uri))
        facts = {"training_job": job, "run_id": run} | ({"mlflow_run": mlflow_run} if mlflow_run else {}) | origin
        return registry.register(
            group=group, image=image, model_data=model_data, evaluation_uri=uri, approval=approval, facts=facts
        )

    @task.sensor(mode="reschedule", poke_interval=60, timeout=6 * 24 * 3600)
    def wait_for_approval(package: str) -> bool:
        status = registry.approval_of(package)
        if status == "Rejected":
            raise AirflowSkipException(f"{package} was rejected by a person; the endpoint stays as it is.")
        return status == "Approved"

    create_model = hosting.CreateModel(
        task_id="create_model",
        config={
            "ModelName": TRAINED,
            "ExecutionRoleArn": "{{ var.value.serve_role }}",
            "PrimaryContainer": {"Image": "{{ var.value.serving_image }}", "ModelDataUrl": MODEL_DATA},
            "Tags": tags(),
        },
    )
    create_endpoint_config = hosting.CreateEndpointConfig(
        task_id="create_endpoint_config",
        config={
            "EndpointConfigName": TRAINED,
            "KmsKeyId": KEY,
            "ProductionVariants": [
                {
                    "VariantName": VARIANT,
                    "ModelName": TRAINED,
                    "InitialInstanceCount": "{{ var.value.serving_instance_count }}",
                    "InstanceType": "{{ var.value.serving_instance_type }}",
                }
            ],
            "Tags": tags(),
        },
    )
    deploy = hosting.DeployEndpoint(
        task_id="deploy",
        config={"EndpointName": "{{ var.value.endpoint }}", "EndpointConfigName": TRAINED},
        deployment="{{ var.value.endpoint_deployment }}",
        scaling="{{ var.value.endpoint_scaling }}",
        tags=tags(),
    )

    @task
    def smoke_test(endpoint: str, wanted: str, bucket: str, day: str, symbol: str) -> list[str]:
        request = hosting.newest_request(bucket, day, symbol)
        return hosting.smoke_test(endpoint, wanted, request)

    @task(trigger_rule="one_failed", retries=0, on_failure_callback=None)
    def tell_for_the_silent(**context: Any) -> None:
        silence.tell_for_the_silent(context)

    judgement = EVALUATION + "evaluation.json"
    serves = find_champion("{{ var.value.endpoint }}", "{{ var.value.model_package_group }}", MODEL_DATA)
    found = find_run(RUN, TRACKED)
    registered = register(
        judgement, TRAINED, MODEL_DATA, "{{ var.value.serving_image }}", "{{ var.value.model_package_group }}",
        "{{ var.value.approval }}", "{{ run_id }}", found,
    )  # fmt: skip
    smoke = smoke_test("{{ var.value.endpoint }}", TRAINED, "{{ var.value.silver_bucket }}", DAY, FIRST_SYMBOL)

    allowed, approved = gate(judgement, "{{ var.value.alerts_topic }}"), wait_for_approval(registered)

    # gate before register: the registry holds only what may serve; smoke_test last: deployed is what answers
    built = [
        train,
        serves,
        evaluate,
        allowed,
        registered,
        approved,
        create_model,
        create_endpoint_config,
        deploy,
        smoke,
    ]
    chain(*built)
    evaluate >> track >> found  # beside the gate, before register: the version names the run
    [*built, track, found] >> tell_for_the_silent()


train_model()
